#include "platform/auth/json_members.hpp"

#include <boost/json/basic_parser_impl.hpp>

namespace cumulo::auth {

namespace {

namespace json = boost::json;
using boost::system::error_code;

// What Boost.JSON's parser calls. Depth 1 is inside the object, depth 2 inside a member's array or object.
struct collector {
  static constexpr std::size_t max_object_size = 64;
  static constexpr std::size_t max_array_size = 64;
  static constexpr std::size_t max_key_size = 256;
  static constexpr std::size_t max_string_size = 8'192;

  std::map<std::string, json_members::value, std::less<>> members;
  std::string key, text;
  json_members::array strings;
  int depth = 0;
  bool only_strings = false;  // of the array that is a member

  static bool refuse(error_code& ec) {
    ec = json::error::syntax;
    return false;
  }
  bool scalar(json_members::value v, error_code& ec) {
    if (depth == 0) return refuse(ec);
    if (depth == 1) return add(std::move(v), ec);
    only_strings = false;
    return true;
  }
  bool add(json_members::value v, error_code& ec) {
    const bool is_new = members.emplace(std::move(key), std::move(v)).second;
    key.clear();
    return is_new || refuse(ec);
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    if (depth++ > 0) only_strings = false;
    return true;
  }
  bool on_object_end(std::size_t, error_code& ec) { return --depth != 1 || add(json_members::other{}, ec); }
  bool on_array_begin(error_code& ec) {
    if (depth == 0) return refuse(ec);
    only_strings = ++depth == 2;
    if (only_strings) strings.clear();
    return true;
  }
  bool on_array_end(std::size_t, error_code& ec) {
    if (--depth != 1) return true;
    if (only_strings) return add(std::move(strings), ec);
    return add(json_members::other{}, ec);
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    if (depth == 1) key.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t n, error_code& ec) { return on_key_part(part, n, ec); }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, error_code& ec) {
    text.append(part.data(), part.size());
    std::string whole = std::exchange(text, {});
    if (depth == 2 && only_strings) {
      strings.push_back(std::move(whole));
      return true;
    }
    return scalar(std::move(whole), ec);
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t v, json::string_view, error_code& ec) { return scalar(v, ec); }
  bool on_uint64(std::uint64_t, json::string_view, error_code& ec) { return scalar(json_members::other{}, ec); }
  bool on_double(double, json::string_view, error_code& ec) { return scalar(json_members::other{}, ec); }
  bool on_bool(bool, error_code& ec) { return scalar(json_members::other{}, ec); }
  bool on_null(error_code& ec) { return scalar(json_members::other{}, ec); }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

}  // namespace

std::optional<json_members> json_members::parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = 8;
  json::basic_parser<collector> parser{options};
  error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (ec || read != text.size() || !parser.done()) return std::nullopt;
  json_members out;
  out.members_ = std::move(parser.handler().members);
  return out;
}

}  // namespace cumulo::auth
