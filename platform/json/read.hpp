#pragma once
// JSON text → described struct (BOOST_DESCRIBE_STRUCT beside the type). Reports every fault with its JSON pointer.
//
// Mapping: std::string (UTF-8, no NUL unless allow), std::string_view is not allowed (inbound types own their data),
// std::int64_t/int (integers that fit; 1.0 is accepted, 1.5 and 2^63 are not), double, bool,
// std::optional<T> (may be left out or null), json::member<T> (may be left out; null allowed),
// required<…> is every other type: leaving it out is a fault "required", null is "wrong_type".
// instant (RFC 3339; otherwise "invalid_time"), std::vector<T>, std::map<std::string, T>, described enums (by their
// names; a trailing underscore is dropped, so `delete_` reads "delete"; so do members), described structs (also with
// described bases), json::raw and json::unread (any value, kept as its text). Unknown members are faults
// "unknown_member"; a member given twice is "duplicate_member"; a NUL (\u0000) is "invalid_character"; a number that
// does not fit is "out_of_range"; a name that is no enumerator is "invalid_choice". The first 100 faults are listed;
// one "too_many_faults" stands for the rest.
#include <string>
#include <string_view>

#include "platform/core/result.hpp"
#include "platform/json/member.hpp"

namespace cumulo::json {

/// Any JSON value, kept as compact JSON text.
struct raw {
  std::string text;
};

/// The same, whatever is wrong inside (members given twice, NULs): for whoever reads it again by itself.
struct unread {
  std::string text;
};

struct limits {
  std::size_t depth = 32;  ///< nesting deeper than this is errc::malformed
  std::size_t members =
      10'000;  ///< arrays and objects longer than this are a fault "too_many"; ten times as many in all
  bool unknown_members = false;  ///< pass over what T does not have: for events, which grow; never for requests
};

/// errc::malformed if the text is no JSON (invalid UTF-8, trailing bytes, too deep); errc::invalid with every fault if
/// it does not fit T. Implemented in read_impl.hpp; include that only where T's are read (api/ files).
template <class T>
[[nodiscard]] result<T> read(std::string_view text, const limits& bounds = {});

/// The same with rules beyond the type, `rules(const T&) -> std::vector<fault>`, so that one answer names every fault
/// of both kinds. They are asked even if parts of the text did not fit; what they say of such a part (which they saw as
/// its default) is dropped.
template <class T, class Rules>
[[nodiscard]] result<T> read_checked(std::string_view text, Rules rules, const limits& bounds = {});

}  // namespace cumulo::json

#include "platform/json/read_impl.hpp"
