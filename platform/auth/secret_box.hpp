#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace cumulo::auth {

/// Seals small secrets that are stored and must come back, with one key made from a passphrase at construction
/// (Argon2id, 50 ms); sealing and opening take microseconds (XChaCha20-Poly1305). Without a passphrase nothing is
/// sealed. Immutable; any thread.
class secret_box {
 public:
  explicit secret_box(std::string_view passphrase);
  ~secret_box();
  secret_box(const secret_box&) = delete;
  secret_box& operator=(const secret_box&) = delete;

  [[nodiscard]] bool seals() const { return seals_; }
  /// The text to store. `owner` (the id of the row) is bound to it, so that rows cannot be swapped.
  [[nodiscard]] std::string seal(std::string_view text, std::string_view owner) const;
  /// What was stored, sealed or not. Nothing if it was sealed with another passphrase, or changed, or is another's.
  [[nodiscard]] std::optional<std::string> open(std::string_view stored, std::string_view owner) const;

 private:
  bool seals_;
  std::array<unsigned char, 32> key_{};
};

}  // namespace cumulo::auth
