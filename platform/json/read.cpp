#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>

#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::json::detail {

/// Boost.JSON's event parser feeds this; unlike its value parser we keep duplicate members, numbers as written and what
/// is out of range, so that the walk can name them.
class tree_builder {
 public:
  static constexpr std::size_t max_object_size = ~std::size_t{0};
  static constexpr std::size_t max_array_size = ~std::size_t{0};
  static constexpr std::size_t max_key_size = ~std::size_t{0};
  static constexpr std::size_t max_string_size = ~std::size_t{0};
  using error_code = boost::json::error_code;

  tree_builder(document& target, std::string_view source, std::size_t max_values)
      : arena_(target.arena_), root_(target.root_), source_(source), values_left_(max_values) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& ec) { return open(kind::object, ec); }
  bool on_object_end(std::size_t count, error_code&) { return close(count); }
  bool on_array_begin(error_code& ec) { return open(kind::array, ec); }
  bool on_array_end(std::size_t count, error_code&) { return close(count); }
  bool on_key_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_key(std::string_view part, std::size_t, error_code&) {
    key_ = take(part);
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_string(std::string_view part, std::size_t, error_code& ec) {
    node* made = add(kind::string, ec);
    if (made != nullptr) made->text = take(part);
    return made != nullptr;
  }
  bool on_number_part(std::string_view part, error_code&) { return keep(part); }
  bool on_int64(std::int64_t number, std::string_view part, error_code& ec) {
    node* made = add(kind::integer, ec);
    if (made != nullptr) {
      made->integer = number;
      made->text = take(part);
    }
    return made != nullptr;
  }
  bool on_uint64(std::uint64_t number, std::string_view part, error_code& ec) {
    if (number <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      return on_int64(static_cast<std::int64_t>(number), part, ec);
    }
    node* made = add(kind::natural, ec);
    if (made != nullptr) {
      made->real = static_cast<double>(number);
      made->text = take(part);
    }
    return made != nullptr;
  }
  bool on_double(double number, std::string_view part, error_code& ec) {
    node* made = add(kind::real, ec);
    if (made != nullptr) {
      made->real = number;
      made->text = take(part);
      // Boost.JSON 1.81 is off by a unit in the last place now and then; out of range, its infinity or zero stands.
      std::from_chars(made->text.data(), made->text.data() + made->text.size(), made->real);
    }
    return made != nullptr;
  }
  bool on_bool(bool value, error_code& ec) {
    node* made = add(kind::boolean, ec);
    if (made != nullptr) made->boolean = value;
    return made != nullptr;
  }
  bool on_null(error_code& ec) { return add(kind::null, ec) != nullptr; }
  bool on_comment_part(std::string_view, error_code&) { return true; }
  bool on_comment(std::string_view, error_code&) { return true; }

 private:
  struct open_container {
    node* container;
    node* last_child{nullptr};
  };

  node* add(kind what, error_code& ec) {
    if (values_left_-- == 0) {
      ec = boost::json::error::array_too_large;
      return nullptr;
    }
    node* made = &root_;
    if (!open_.empty()) {
      made = new (arena_.allocate(sizeof(node), alignof(node))) node;
      open_container& parent = open_.back();
      made->key = key_;
      key_ = {};
      if (parent.last_child == nullptr) {
        parent.container->children = made;
      } else {
        parent.last_child->next = made;
      }
      parent.last_child = made;
    }
    made->what = what;
    return made;
  }
  bool open(kind what, error_code& ec) {
    node* made = add(what, ec);
    if (made == nullptr) return false;
    made->children = nullptr;
    open_.push_back({made});
    return true;
  }
  bool close(std::size_t count) {
    open_.back().container->count = static_cast<std::uint32_t>(count);
    open_.pop_back();
    return true;
  }
  bool keep(std::string_view part) {
    pieces_.append(part);
    return true;
  }
  /// The whole text of a key, string or number whose last piece this is.
  std::string_view take(std::string_view part) {
    const std::less_equal<const char*> not_after;
    if (pieces_.empty() && not_after(source_.data(), part.data()) &&
        not_after(part.data() + part.size(), source_.data() + source_.size())) {
      return part;
    }
    pieces_.append(part);
    auto* copy = static_cast<char*>(arena_.allocate(pieces_.size() + 1, 1));
    std::memcpy(copy, pieces_.data(), pieces_.size());
    const std::string_view whole{copy, pieces_.size()};
    pieces_.clear();
    return whole;
  }

  std::pmr::memory_resource& arena_;
  node& root_;
  std::string_view source_;
  std::size_t values_left_;
  std::vector<open_container> open_;
  std::string_view key_;
  std::string pieces_;
};

namespace {

constexpr std::size_t max_faults = 100;
constexpr std::size_t max_shown_key = 120;

std::string describe(const boost::json::error_code& ec, const limits& bounds) {
  using boost::json::error;
  if (ec == error::too_deep) return "values nested more than " + std::to_string(bounds.depth) + " deep";
  if (ec == error::extra_data) return "text after the value";
  if (ec == error::incomplete) return "the text ends too early";
  if (ec == error::illegal_leading_surrogate || ec == error::illegal_trailing_surrogate ||
      ec == error::expected_utf16_escape) {
    return "half of a surrogate pair";
  }
  if (ec == error::exponent_overflow) return "a number with too large an exponent";
  return "a syntax error";
}

void append_pointer(std::string& out, const path* where) {
  if (where == nullptr) return;
  append_pointer(out, where->parent);
  out += '/';
  if (where->is_index) {
    out += std::to_string(where->index);
    return;
  }
  std::string_view key = where->key;
  const bool cut = key.size() > max_shown_key;
  if (cut) {
    key = key.substr(0, max_shown_key);
    const auto is_tail = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    while (!key.empty() && is_tail(where->key[key.size()])) key.remove_suffix(1);
  }
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  if (cut) out += "…";
}

std::string_view name_of(kind what) {
  switch (what) {
    case kind::null: return "null";
    case kind::boolean: return "a boolean";
    case kind::integer:
    case kind::natural:
    case kind::real: return "a number";
    case kind::string: return "a string";
    case kind::array: return "an array";
    case kind::object: return "an object";
  }
  return "a value";
}

/// Compact text of any value; its strings and objects obey the same rules as elsewhere, if there is a reader to be
/// told.
void append_compact(reader* r, const path* where, const node& value, std::string& out) {
  switch (value.what) {
    case kind::null: out += "null"; return;
    case kind::boolean: out += value.boolean ? "true" : "false"; return;
    case kind::integer:
    case kind::natural:
    case kind::real: out += value.text; return;
    case kind::string:
      if (r == nullptr || check_text(*r, where, value.text)) write_string(out, value.text);
      return;
    case kind::array: {
      if (r != nullptr && !r->may_enter(where, value)) return;
      out += '[';
      path here{.parent = where, .is_index = true};
      for (const node* child = value.children; child != nullptr; child = child->next, ++here.index) {
        if (here.index > 0) out += ',';
        append_compact(r, &here, *child, out);
      }
      out += ']';
      return;
    }
    case kind::object: {
      if (r != nullptr && !r->may_enter(where, value)) return;
      out += '{';
      std::set<std::string_view> seen;
      for (const node* child = value.children; child != nullptr; child = child->next) {
        const path here{.parent = where, .key = child->key};
        if (r != nullptr) {
          if (!seen.insert(child->key).second) r->add(&here, "duplicate_member", "This member is given twice.");
          if (!check_text(*r, &here, child->key)) continue;
        }
        if (child != value.children) out += ',';
        write_string(out, child->key);
        out += ':';
        append_compact(r, &here, *child, out);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

std::optional<error> document::parse(std::string_view text, const limits& bounds) {
  boost::json::parse_options options;
  options.max_depth = bounds.depth;
  const std::size_t max_values = bounds.members * 10;
  boost::json::basic_parser<tree_builder> parser{options, *this, text, max_values};
  boost::json::error_code ec;
  std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used < text.size()) ec = boost::json::error::extra_data;
  if (!ec) return std::nullopt;
  if (ec == boost::json::error::array_too_large) {
    return error{.code = errc::invalid,
                 .detail = "The JSON text holds too many values.",
                 .faults = {{"", "too_many", "At most " + std::to_string(max_values) + " values are allowed."}}};
  }
  return error{.code = errc::malformed,
               .detail = "This is not valid JSON: " + describe(ec, bounds) + " at byte " + std::to_string(used) + "."};
}

void reader::add(const path* where, std::string_view code, std::string detail) {
  if (faults_.size() >= max_faults) {
    ++beyond_;
    return;
  }
  fault& added = faults_.emplace_back();
  append_pointer(added.pointer, where);
  added.code = code;
  added.detail = std::move(detail);
}

void reader::wrong_type(const path* where, const node& found, std::string_view wanted) {
  std::string detail{"Must be "};
  detail.append(wanted).append(", not ").append(name_of(found.what)).append(".");
  add(where, "wrong_type", std::move(detail));
}

bool reader::may_enter(const path* where, const node& container) {
  if (container.count <= bounds_.members) return true;
  add(where, "too_many", "At most " + std::to_string(bounds_.members) + " are allowed.");
  return false;
}

void reader::add_from_rules(std::vector<fault> found) {
  const std::size_t of_types = faults_.size();
  const auto is_known = [&](const fault& rule) {
    return std::any_of(
        faults_.begin(), faults_.begin() + static_cast<std::ptrdiff_t>(of_types), [&](const fault& known) {
          return rule.pointer.starts_with(known.pointer) &&
                 (rule.pointer.size() == known.pointer.size() || rule.pointer[known.pointer.size()] == '/');
        });
  };
  for (fault& each : found) {
    if (!is_known(each)) faults_.push_back(std::move(each));
  }
}

std::optional<error> reader::finish() {
  if (faults_.empty()) return std::nullopt;
  const std::size_t total = faults_.size() + beyond_;
  if (beyond_ > 0) {
    faults_.push_back(
        {"", "too_many_faults", "There are " + std::to_string(beyond_) + " more faults than are listed."});
  }
  return error{
      .code = errc::invalid,
      .detail = total == 1 ? "The request has a fault." : "The request has " + std::to_string(total) + " faults.",
      .faults = std::move(faults_)};
}

void read_object(reader& r, const path* where, const node& found, std::span<const member_entry> members, void* object) {
  if (found.what != kind::object) return r.wrong_type(where, found, "an object");
  if (!r.may_enter(where, found)) return;
  std::array<bool, 64> few_seen{};
  std::vector<char> many_seen(members.size() > few_seen.size() ? members.size() : 0);
  const auto seen = [&](std::size_t i) -> bool {
    return many_seen.empty() ? std::exchange(few_seen[i], true) : std::exchange(many_seen[i], char{1}) != 0;
  };

  std::size_t guess = 0;  // members mostly come in the order of the description
  for (const node* child = found.children; child != nullptr; child = child->next) {
    const path here{.parent = where, .key = child->key};
    std::size_t at = guess;
    if (at >= members.size() || members[at].name != child->key) {
      for (at = 0; at < members.size() && members[at].name != child->key;) ++at;
    }
    if (at == members.size()) {
      if (!r.bounds().unknown_members) r.add(&here, "unknown_member", "There is no such member.");
      continue;
    }
    guess = at + 1;
    if (seen(at)) {
      r.add(&here, "duplicate_member", "This member is given twice.");
      continue;
    }
    members[at].read(r, &here, *child, object);
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!members[i].may_be_absent && !seen(i)) {
      const path here{.parent = where, .key = members[i].name};
      r.add(&here, "required", "This member is required.");
    }
  }
}

bool read_enum(reader& r, const path* where, const node& found, std::span<const enum_entry> names,
               std::int64_t& target) {
  if (found.what != kind::string) {
    r.wrong_type(where, found, "a string");
    return false;
  }
  for (const enum_entry& choice : names) {
    if (choice.name == found.text) {
      target = choice.value;
      return true;
    }
  }
  std::string detail{"Must be one of"};
  for (const enum_entry& choice : names) detail.append(&choice == names.data() ? ": " : ", ").append(choice.name);
  r.add(where, "invalid_choice", detail + ".");
  return false;
}

bool read_integer(reader& r, const path* where, const node& found, std::int64_t least, std::int64_t most,
                  std::int64_t& target) {
  // Beyond 2^53 a double no longer says which integer was meant.
  constexpr double exact = 9'007'199'254'740'992.0;
  std::optional<std::int64_t> number;
  switch (found.what) {
    case kind::integer: number = found.integer; break;
    case kind::natural: break;
    case kind::real:
      if (std::isfinite(found.real) && found.real != std::trunc(found.real)) {
        r.add(where, "wrong_type", "Must be a whole number.");
        return false;
      }
      if (std::abs(found.real) <= exact) number = static_cast<std::int64_t>(found.real);
      break;
    default: r.wrong_type(where, found, "a whole number"); return false;
  }
  if (!number || *number < least || *number > most) {
    r.add(where, "out_of_range", "Must be from " + std::to_string(least) + " to " + std::to_string(most) + ".");
    return false;
  }
  target = *number;
  return true;
}

bool check_text(reader& r, const path* where, std::string_view text) {
  if (text.empty() || std::memchr(text.data(), 0, text.size()) == nullptr) return true;
  r.add(where, "invalid_character", "Must not contain the character U+0000.");
  return false;
}

void read_value(reader& r, const path* where, const node& found, std::string& target) {
  if (found.what != kind::string) return r.wrong_type(where, found, "a string");
  if (check_text(r, where, found.text)) target.assign(found.text);
}

void read_value(reader& r, const path* where, const node& found, bool& target) {
  if (found.what != kind::boolean) return r.wrong_type(where, found, "a boolean");
  target = found.boolean;
}

void read_value(reader& r, const path* where, const node& found, double& target) {
  switch (found.what) {
    case kind::integer: target = static_cast<double>(found.integer); return;
    case kind::natural:
    case kind::real:
      if (std::isfinite(found.real)) {
        target = found.real;
      } else {
        r.add(where, "out_of_range", "The number is too large.");
      }
      return;
    default: r.wrong_type(where, found, "a number");
  }
}

void read_value(reader& r, const path* where, const node& found, instant& target) {
  if (found.what != kind::string) return r.wrong_type(where, found, "a string");
  if (const auto time = parse_rfc3339(found.text)) {
    target = *time;
  } else {
    r.add(where, "invalid_time", "Must be a time by RFC 3339, such as 2026-12-01T16:00:00Z.");
  }
}

void read_value(reader& r, const path* where, const node& found, raw& target) {
  target.text.clear();
  append_compact(&r, where, found, target.text);
}

void read_value(reader& /*r*/, const path* where, const node& found, unread& target) {
  target.text.clear();
  append_compact(nullptr, where, found, target.text);
}

}  // namespace cumulo::json::detail
