#pragma once
// How write() works: one overload per kind of type; the `,"name":` of each member is one constant made at compile time.
#include <array>
#include <boost/describe/bases.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <charconv>
#include <concepts>
#include <map>
#include <optional>
#include <ranges>
#include <type_traits>

#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::json::detail {

void write_double(std::string& out, double value);

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_member = false;
template <class T>
inline constexpr bool is_member<member<T>> = true;
template <class T>
inline constexpr bool is_text_map = false;
template <class T, class Compare>
inline constexpr bool is_text_map<std::map<std::string, T, Compare>> = true;
template <class T>
inline constexpr bool not_writable = false;

/// `,"name":` without the trailing underscore of the C++ name. (Names of members need no escaping.)
template <class D>
inline constexpr auto member_prefix = [] {
  constexpr std::string_view name = wire_name(D::name);
  std::array<char, name.size() + 4> text{};
  text[0] = ',';
  text[1] = '"';
  for (std::size_t i = 0; i < name.size(); ++i) text[i + 2] = name[i];
  text[name.size() + 2] = '"';
  text[name.size() + 3] = ':';
  return text;
}();

template <class D, class M>
void write_member(std::string& out, const M& value, bool& first) {
  if constexpr (is_member<M>) {
    if (value.is_absent()) return;
  }
  constexpr auto& prefix = member_prefix<D>;
  out.append(prefix.data() + (first ? 1 : 0), prefix.size() - (first ? 1 : 0));
  first = false;
  write(out, value);
}

template <class T, template <class...> class List, class... D>
void write_members(std::string& out, const T& value, List<D...>) {
  [[maybe_unused]] bool first = true;
  (write_member<D>(out, value.*D::pointer, first), ...);
}

template <class T, template <class...> class List, class... D>
void write_enum(std::string& out, T value, List<D...>) {
  std::string_view name;
  ((value == D::value ? void(name = wire_name(D::name)) : void()), ...);
  out += '"';
  out += name;
  out += '"';
}

}  // namespace cumulo::json::detail

namespace cumulo::json {

template <class T>
void write(std::string& out, const T& value) {
  using namespace detail;
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
  } else if constexpr (std::is_floating_point_v<T>) {
    write_double(out, static_cast<double>(value));
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    write_string(out, value);
  } else if constexpr (std::is_same_v<T, instant>) {
    out += '"';
    append_rfc3339(out, value);
    out += '"';
  } else if constexpr (std::is_same_v<T, raw>) {
    if (value.text.empty()) {
      out += "null";
    } else {
      out += value.text;
    }
  } else if constexpr (is_optional<T> || is_member<T>) {
    if (value.has_value()) {
      write(out, *value);
    } else {
      out += "null";
    }
  } else if constexpr (is_text_map<T>) {
    out += '{';
    bool first = true;
    for (const auto& [key, mapped] : value) {
      if (!first) out += ',';
      first = false;
      write_string(out, key);
      out += ':';
      write(out, mapped);
    }
    out += '}';
  } else if constexpr (std::ranges::range<T>) {
    out += '[';
    bool first = true;
    for (const auto& element : value) {
      if (!first) out += ',';
      first = false;
      write(out, element);
    }
    out += ']';
  } else if constexpr (boost::describe::has_describe_enumerators<T>::value) {
    write_enum(out, value, boost::describe::describe_enumerators<T>{});
  } else if constexpr (boost::describe::has_describe_members<T>::value) {
    out += '{';
    write_members(out, value, members_of<T>{});
    out += '}';
  } else {
    static_assert(not_writable<T>, "describe this type with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM beside it");
  }
}

}  // namespace cumulo::json
