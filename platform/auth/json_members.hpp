#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cumulo::auth {

/// The members of one flat JSON object, as JOSE headers and JWT claims are.
class json_members {
 public:
  using array = std::vector<std::string>;  ///< an array of nothing but strings
  struct other {};                         ///< anything else: a fraction, an object, true, null, 2^63, …
  using value = std::variant<std::string, std::int64_t, array, other>;

  /// Nothing if the text is no JSON object, has a name twice at its top level, is nested more than 8 deep, has invalid
  /// UTF-8 or trailing bytes.
  [[nodiscard]] static std::optional<json_members> parse(std::string_view text);

  [[nodiscard]] bool has(std::string_view name) const { return members_.contains(name); }
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  /// Null if absent or of another type.
  template <class T>
  [[nodiscard]] const T* get(std::string_view name) const {
    const auto found = members_.find(name);
    return found == members_.end() ? nullptr : std::get_if<T>(&found->second);
  }
  [[nodiscard]] const std::string* text(std::string_view name) const { return get<std::string>(name); }
  [[nodiscard]] const std::int64_t* integer(std::string_view name) const { return get<std::int64_t>(name); }

 private:
  std::map<std::string, value, std::less<>> members_;
};

}  // namespace cumulo::auth
