#include "platform/http/request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>

#include "platform/http/url.hpp"

namespace cumulo::http {

namespace beast = boost::beast::http;

namespace {

constexpr std::size_t max_target = 8 * 1024;
constexpr std::size_t max_fields = 100;
constexpr std::size_t max_chunk_line = 4 * 1024;

std::optional<verb> verb_of(beast::verb v) {
  switch (v) {
    case beast::verb::get: return verb::get;
    case beast::verb::head: return verb::head;
    case beast::verb::post: return verb::post;
    case beast::verb::put: return verb::put;
    case beast::verb::patch: return verb::patch;
    case beast::verb::delete_: return verb::delete_;
    case beast::verb::options: return verb::options;
    default: return std::nullopt;
  }
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// A line that ends without CR: Beast waits for the CR that will not come, others take the line as ended.
bool has_bare_line_feed(std::string_view text, std::size_t from) {
  for (auto at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

/// Part of the head, by its place, because the buffer may move while the head is still arriving.
struct extent {
  std::uint32_t at, size;
};

}  // namespace

/// Keeps where things are, copies nothing. The rules that Beast leaves open are checked as fields come by.
class request_parser::beast_parser final : public beast::basic_parser<true> {
 public:
  struct field {
    extent name, value;
  };
  const char* base{nullptr};
  const char* end{nullptr};
  extent method{}, target{};
  std::optional<verb> known_method;
  int version{11};
  std::vector<field> fields;
  int content_lengths{0}, transfer_encodings{0}, hosts{0};
  std::uint64_t content_length{0};
  bool head_read{false}, expects_continue{false};
  std::string* body{nullptr};
  errc problem{errc::malformed};
  std::string_view why;

 private:
  extent place(boost::beast::string_view text) const {
    return {static_cast<std::uint32_t>(text.data() - base), static_cast<std::uint32_t>(text.size())};
  }
  void refuse(beast::error what, std::string_view reason, boost::system::error_code& ec, errc code = errc::malformed) {
    ec = what;
    why = reason;
    problem = code;
  }

  void on_request_impl(beast::verb v, boost::beast::string_view method_text, boost::beast::string_view target_text,
                       int http_version, boost::system::error_code& ec) override {
    known_method = verb_of(v);
    method = place(method_text);
    target = place(target_text);
    version = http_version;
    if (target_text.size() > max_target) {
      refuse(beast::error::bad_target, "The address is longer than 8 KiB.", ec, errc::uri_too_long);
    }
  }

  void on_field_impl(beast::field f, boost::beast::string_view name, boost::beast::string_view value,
                     boost::system::error_code& ec) override {
    if (head_read) return;  // a trailer
    const auto* after_name = name.data() + name.size();
    // Beast joins folded lines in a buffer of its own, or skips the fold before the value.
    if (value.data() < base || value.data() > end || value.data() < after_name ||
        std::string_view{after_name, static_cast<std::size_t>(value.data() - after_name)}.find('\n') !=
            std::string_view::npos) {
      return refuse(beast::error::bad_value, "Folded header lines are not accepted (RFC 9112 §5.2).", ec);
    }
    if (fields.size() >= max_fields) {
      return refuse(beast::error::header_limit, "At most 100 header fields.", ec, errc::header_too_large);
    }
    fields.push_back({place(name), place(value)});
    switch (f) {
      case beast::field::content_length: return check_length(view(value), ec);
      case beast::field::transfer_encoding: return check_coding(view(value), ec);
      case beast::field::host: return check_host(view(value), ec);
      case beast::field::expect: expects_continue = equal_ignoring_case(view(value), "100-continue"); return;
      default: return;
    }
  }

  void check_length(std::string_view value, boost::system::error_code& ec) {
    const auto* stop = value.data() + value.size();
    const auto [at, failure] = std::from_chars(value.data(), stop, content_length);
    if (++content_lengths > 1 || transfer_encodings > 0 || failure != std::errc{} || at != stop || value[0] == '-') {
      refuse(beast::error::bad_content_length, "One Content-Length, a plain number, and not with Transfer-Encoding.",
             ec);
    }
  }

  void check_coding(std::string_view value, boost::system::error_code& ec) {
    if (++transfer_encodings > 1 || content_lengths > 0 || version != 11 || !equal_ignoring_case(value, "chunked")) {
      refuse(beast::error::bad_transfer_encoding,
             "Transfer-Encoding may only be \"chunked\", on HTTP/1.1, without Content-Length.", ec);
    }
  }

  void check_host(std::string_view value, boost::system::error_code& ec) {
    if (++hosts > 1 || value.find_first_of(" \t,/\\@?#") != std::string_view::npos) {
      refuse(beast::error::bad_value, "One Host field, with a host and perhaps a port.", ec);
    }
  }

  void on_header_impl(boost::system::error_code& ec) override {
    head_read = true;
    if (version == 11 && hosts != 1) refuse(beast::error::bad_field, "HTTP/1.1 needs a Host field.", ec);
  }

  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view bytes, boost::system::error_code&) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }
  std::size_t on_body_impl(boost::beast::string_view bytes, boost::system::error_code&) override {
    return bytes.size();
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, boost::system::error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view extensions,
                            boost::system::error_code& ec) override {
    // Beast lets a quoted extension hold line breaks, where others see the line end and chunk data begin.
    if (view(extensions).find_first_of("\r\n") != std::string_view::npos) ec = beast::error::bad_chunk_extension;
  }
  void on_finish_impl(boost::system::error_code&) override {}
  void on_response_impl(int, boost::beast::string_view, int, boost::system::error_code&) override {}
};

request_parser::request_parser(std::size_t max_header) : max_header_(max_header) { start(); }
request_parser::~request_parser() = default;

void request_parser::start() {
  consumed_ = 0;
  scanned_ = 0;
  head_.fields.clear();
  // Beast's parsers are for one message; this one keeps the memory of its field list.
  std::vector<beast_parser::field> fields;
  if (beast_) {
    fields = std::move(beast_->fields);
    std::destroy_at(beast_.get());
    std::construct_at(beast_.get());
  } else {
    beast_ = std::make_unique<beast_parser>();
  }
  fields.clear();
  beast_->fields = std::move(fields);
  beast_->header_limit(static_cast<std::uint32_t>(max_header_));
  beast_->body_limit(boost::none);
}

request_parser::progress request_parser::fail(errc code, std::string detail) {
  failure_ = error{code, std::move(detail), {}, {}};
  return progress::failed;
}

request_parser::progress request_parser::read_head(std::string_view bytes) {
  auto& p = *beast_;
  p.base = bytes.data();
  p.end = bytes.data() + bytes.size();
  boost::system::error_code ec;
  consumed_ += p.put(boost::asio::buffer(bytes.data() + consumed_, bytes.size() - consumed_), ec);
  if (p.is_header_done() && !ec) {
    if (consumed_ > max_header_) return fail(errc::header_too_large, "The header is too large.");
    return finish_head(bytes.data());
  }
  if (!ec || ec == beast::error::need_more) {
    if (has_bare_line_feed(bytes, scanned_)) return fail(errc::malformed, "Lines end with CR and LF.");
    scanned_ = bytes.size();
    if (bytes.size() < max_header_) return progress::need_more;
    ec = beast::error::header_limit;
  }
  if (ec == beast::error::header_limit && p.why.empty()) {
    if (p.target.size == 0) return fail(errc::uri_too_long, "The request line is too long.");
    return fail(errc::header_too_large, "The header is too large.");
  }
  return fail(p.why.empty() ? errc::malformed : p.problem,
              p.why.empty() ? "This is not a well-formed HTTP/1.1 request: " + ec.message() + "." : std::string{p.why});
}

request_parser::progress request_parser::finish_head(const char* base) {
  const auto& p = *beast_;
  const auto text = [base](extent e) { return std::string_view{base + e.at, e.size}; };
  head_.method = p.known_method;
  head_.method_text = text(p.method);
  head_.target = text(p.target);
  for (const auto& f : p.fields) head_.fields.add(text(f.name), text(f.value));
  head_.content_length = p.content_length;
  head_.chunked = p.transfer_encodings > 0;
  head_.http_1_1 = p.version == 11;
  head_.keep_alive = p.keep_alive();
  head_.expects_continue = p.expects_continue && head_.http_1_1;
  return progress::done;
}

request_parser::progress request_parser::read_chunks(std::string_view bytes, std::size_t limit, std::size_t& used,
                                                     std::string& body) {
  auto& p = *beast_;
  used = 0;
  if (p.body == nullptr) {
    p.body = &body;
    p.body_limit(limit);
  }
  p.base = bytes.data();
  p.end = bytes.data() + bytes.size();
  while (used < bytes.size()) {
    boost::system::error_code ec;
    used += p.put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), ec);
    if (ec == beast::error::need_more) {
      if (has_bare_line_feed(bytes, used)) return fail(errc::malformed, "Lines end with CR and LF.");
      if (bytes.size() - used > max_chunk_line)
        return fail(errc::malformed, "A chunk's head or the trailer is too long.");
      return progress::need_more;
    }
    if (ec == beast::error::body_limit) return fail(errc::too_large, "The body is too large.");
    if (ec) return fail(errc::malformed, "The chunked body is broken: " + ec.message() + ".");
    if (p.is_done()) return progress::done;
  }
  return progress::need_more;
}

}  // namespace cumulo::http
