#pragma once
// How read<T>() works: the text is parsed into a tree of nodes in one arena (read.cpp), then a table per described
// type, made here at compile time, drives the non-template walk. No Boost.JSON in this header: it costs seconds per
// file.
#include <array>
#include <boost/describe/bases.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/json/read.hpp"

namespace cumulo::json::detail {

enum class kind : std::uint8_t { null, boolean, integer, natural, real, string, array, object };

/// One value of the parsed text. Lives as long as its document.
struct node {
  std::string_view key{};   ///< inside an object
  std::string_view text{};  ///< of a string, unescaped; of a number, as written
  union {
    std::int64_t integer;  ///< kind integer
    double real;           ///< kind real
    bool boolean;          ///< kind boolean
    const node* children;  ///< kinds array and object: the first one
  };
  const node* next{nullptr};
  std::uint32_t count{0};  ///< of children
  kind what{kind::null};

  node() : integer(0) {}
};

/// The parsed text; zero-copy where strings have no escapes, so the text must outlive it.
class document {
 public:
  document() : arena_(first_block_.data(), first_block_.size()) {}
  document(const document&) = delete;
  document& operator=(const document&) = delete;

  /// Nothing if the text is well-formed JSON within the bounds.
  [[nodiscard]] std::optional<error> parse(std::string_view text, const limits& bounds);
  [[nodiscard]] const node& root() const { return root_; }

 private:
  friend class tree_builder;
  alignas(std::max_align_t) std::array<std::byte, 4096> first_block_;
  std::pmr::monotonic_buffer_resource arena_;
  node root_;
};

/// Where a value stands, from the leaf up; rendered as a JSON pointer only when there is a fault.
struct path {
  const path* parent{nullptr};
  std::string_view key{};
  std::size_t index{0};
  bool is_index{false};
};

/// What the walk finds wrong.
class reader {
 public:
  explicit reader(const limits& bounds) : bounds_(bounds) {}
  [[nodiscard]] const limits& bounds() const { return bounds_; }
  void add(const path* where, std::string_view code, std::string detail);
  void wrong_type(const path* where, const node& found, std::string_view wanted);
  /// Is the array or object within the bounds? If not, that is a fault and its children are not looked at.
  bool may_enter(const path* where, const node& container);
  /// Adds faults of rules, except about what is a fault already, or lies under such.
  void add_from_rules(std::vector<fault> found);
  [[nodiscard]] std::size_t count() const { return faults_.size(); }
  [[nodiscard]] std::optional<error> finish();

 private:
  limits bounds_;
  std::vector<fault> faults_;
  std::size_t beyond_{0};
};

struct member_entry {
  std::string_view name;
  bool may_be_absent;
  void (*read)(reader&, const path*, const node&, void* object);
};
struct enum_entry {
  std::string_view name;
  std::int64_t value;
};

void read_object(reader& r, const path* where, const node& found, std::span<const member_entry> members, void* object);
bool read_enum(reader& r, const path* where, const node& found, std::span<const enum_entry> names,
               std::int64_t& target);
bool read_integer(reader& r, const path* where, const node& found, std::int64_t least, std::int64_t most,
                  std::int64_t& target);
bool check_text(reader& r, const path* where, std::string_view text);

/// `delete_` is "delete" on the wire: C++ keywords cannot be names.
constexpr std::string_view wire_name(std::string_view name) {
  if (name.ends_with('_')) name.remove_suffix(1);
  return name;
}

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T>
struct may_be_absent : std::false_type {};
template <class T>
struct may_be_absent<std::optional<T>> : std::true_type {};
template <class T>
struct may_be_absent<member<T>> : std::true_type {};

void read_value(reader& r, const path* where, const node& found, std::string& target);
void read_value(reader& r, const path* where, const node& found, bool& target);
void read_value(reader& r, const path* where, const node& found, double& target);
void read_value(reader& r, const path* where, const node& found, instant& target);
void read_value(reader& r, const path* where, const node& found, raw& target);
void read_value(reader& r, const path* where, const node& found, unread& target);

template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
void read_value(reader& r, const path* where, const node& found, T& target) {
  using bounds = std::numeric_limits<T>;
  constexpr std::int64_t least = std::is_signed_v<T> ? static_cast<std::int64_t>(bounds::min()) : 0;
  constexpr std::int64_t most =
      sizeof(T) < 8 ? static_cast<std::int64_t>(bounds::max()) : std::numeric_limits<std::int64_t>::max();
  std::int64_t number{};
  if (read_integer(r, where, found, least, most, number)) target = static_cast<T>(number);
}

template <class T>
  requires boost::describe::has_describe_enumerators<T>::value
void read_value(reader& r, const path* where, const node& found, T& target);
template <class T>
  requires boost::describe::has_describe_members<T>::value
void read_value(reader& r, const path* where, const node& found, T& target);
template <class T>
void read_value(reader& r, const path* where, const node& found, std::vector<T>& target);
template <class T, class Compare>
void read_value(reader& r, const path* where, const node& found, std::map<std::string, T, Compare>& target);
template <class T>
void read_value(reader& r, const path* where, const node& found, std::optional<T>& target);
template <class T>
void read_value(reader& r, const path* where, const node& found, member<T>& target);

template <class T, class D>
void read_member(reader& r, const path* where, const node& found, void* object) {
  read_value(r, where, found, static_cast<T*>(object)->*D::pointer);
}

template <class T, template <class...> class List, class... D>
constexpr auto member_entries(List<D...>) {
  return std::array<member_entry, sizeof...(D)>{member_entry{
      wire_name(D::name), may_be_absent<std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>>::value,
      &read_member<T, D>}...};
}

template <class List>
struct enum_entries;
template <template <class...> class List, class... D>
struct enum_entries<List<D...>> {
  static constexpr std::array<enum_entry, sizeof...(D)> value{
      enum_entry{wire_name(D::name), static_cast<std::int64_t>(D::value)}...};
};

template <class T>
  requires boost::describe::has_describe_enumerators<T>::value
void read_value(reader& r, const path* where, const node& found, T& target) {
  std::int64_t value{};
  if (read_enum(r, where, found, enum_entries<boost::describe::describe_enumerators<T>>::value, value)) {
    target = static_cast<T>(value);
  }
}

template <class T>
  requires boost::describe::has_describe_members<T>::value
void read_value(reader& r, const path* where, const node& found, T& target) {
  static constexpr auto entries = member_entries<T>(members_of<T>{});
  read_object(r, where, found, entries, &target);
}

template <class T>
void read_value(reader& r, const path* where, const node& found, std::vector<T>& target) {
  if (found.what != kind::array) return r.wrong_type(where, found, "an array");
  if (!r.may_enter(where, found)) return;
  target.clear();
  target.reserve(found.count);
  path here{.parent = where, .is_index = true};
  for (const node* child = found.children; child != nullptr; child = child->next, ++here.index) {
    read_value(r, &here, *child, target.emplace_back());
  }
}

template <class T, class Compare>
void read_value(reader& r, const path* where, const node& found, std::map<std::string, T, Compare>& target) {
  if (found.what != kind::object) return r.wrong_type(where, found, "an object");
  if (!r.may_enter(where, found)) return;
  target.clear();
  for (const node* child = found.children; child != nullptr; child = child->next) {
    const path here{.parent = where, .key = child->key};
    if (!check_text(r, &here, child->key)) continue;
    const auto [at, is_new] = target.try_emplace(std::string{child->key});
    if (is_new) {
      read_value(r, &here, *child, at->second);
    } else {
      r.add(&here, "duplicate_member", "This member is given twice.");
    }
  }
}

template <class T>
void read_value(reader& r, const path* where, const node& found, std::optional<T>& target) {
  if (found.what == kind::null) {
    target.reset();
  } else {
    read_value(r, where, found, target.emplace());
  }
}

template <class T>
void read_value(reader& r, const path* where, const node& found, member<T>& target) {
  if (found.what == kind::null) {
    target = member<T>{std::nullopt};
  } else {
    T value{};
    read_value(r, where, found, value);
    target = member<T>{std::move(value)};
  }
}

}  // namespace cumulo::json::detail

namespace cumulo::json {

template <class T>
result<T> read(std::string_view text, const limits& bounds) {
  detail::document parsed;
  if (auto malformed = parsed.parse(text, bounds)) return std::move(*malformed);
  T value{};
  detail::reader walk{bounds};
  detail::read_value(walk, nullptr, parsed.root(), value);
  if (auto faults = walk.finish()) return std::move(*faults);
  return value;
}

template <class T, class Rules>
result<T> read_checked(std::string_view text, Rules rules, const limits& bounds) {
  detail::document parsed;
  if (auto malformed = parsed.parse(text, bounds)) return std::move(*malformed);
  T value{};
  detail::reader walk{bounds};
  detail::read_value(walk, nullptr, parsed.root(), value);
  walk.add_from_rules(rules(std::as_const(value)));
  if (auto faults = walk.finish()) return std::move(*faults);
  return value;
}

}  // namespace cumulo::json
