#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace cumulo::http {

/// The fields of one request, as views into the connection's buffer, in the order sent.
class header_fields {
 public:
  void clear() {
    fields_.clear();
    joined_.clear();
  }
  void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
  /// Value by lower-case name; "" if absent; repeated fields joined by ", ". Valid until `clear()`.
  [[nodiscard]] std::string_view find(std::string_view lower_case_name) const;
  [[nodiscard]] std::size_t count(std::string_view lower_case_name) const;
  [[nodiscard]] std::size_t size() const { return fields_.size(); }

 private:
  struct field {
    std::string_view name, value;
  };
  std::vector<field> fields_;
  mutable std::deque<std::string> joined_;
};

}  // namespace cumulo::http
