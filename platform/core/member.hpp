#pragma once
#include <optional>
#include <utility>

namespace cumulo {

/// A member of a merge body (PUT, PATCH): absent keeps what is stored, null clears it, a value replaces it.
template <class T>
class member {
 public:
  using value_type = T;
  member() = default;                                          ///< absent
  member(std::nullopt_t) : given_(true) {}                     // NOLINT null
  member(T value) : given_(true), value_(std::move(value)) {}  // NOLINT a value

  [[nodiscard]] bool is_absent() const { return !given_; }
  [[nodiscard]] bool is_null() const { return given_ && !value_; }
  [[nodiscard]] bool has_value() const { return value_.has_value(); }
  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] const T* operator->() const { return &*value_; }

  /// Merges into `target`: absent leaves it as it is.
  void merge_into(std::optional<T>& target) const {
    if (given_) target = value_;
  }
  /// The same for a member that cannot be null: null leaves it too (the reader has already reported it, unless the type
  /// allows null).
  void merge_into(T& target) const {
    if (value_) target = *value_;
  }

 private:
  bool given_{false};
  std::optional<T> value_;
};

}  // namespace cumulo
