#pragma once
// Secrets that are stored: as a hash when only recognising them matters, sealed when they must come back.
#include <optional>
#include <string>
#include <string_view>

namespace cumulo::users {

/// SHA-256 as lower-case hex. Enough for secrets of 128 random bits and more: there is nothing to guess.
[[nodiscard]] std::string hash_secret(std::string_view secret);

/// A refresh token: "<family>.<turn>". The family (128 random bits) lasts as long as the session, the turn (256)
/// changes at each use; so a token that was used before is recognised without remembering it (RFC 9700 §4.14.2).
struct refresh_token {
  std::string family;
  std::string turn;

  [[nodiscard]] std::string text() const { return family + "." + turn; }
  [[nodiscard]] std::string family_hash() const { return hash_secret(family); }
  [[nodiscard]] std::string turn_hash() const { return hash_secret(turn); }
};
[[nodiscard]] refresh_token new_refresh_token();
/// The same family's next turn.
[[nodiscard]] refresh_token next_turn(const refresh_token& used);
/// Nothing if it cannot be one of ours.
[[nodiscard]] std::optional<refresh_token> parse_refresh_token(std::string_view text);

/// Encrypts text with a key made from a passphrase (Argon2id, salt of its own; XChaCha20-Poly1305). About 50 ms.
[[nodiscard]] std::string seal_secret(std::string_view text, std::string_view passphrase);
/// Nothing if the passphrase is another or the text was changed.
[[nodiscard]] std::optional<std::string> open_secret(std::string_view sealed, std::string_view passphrase);
/// Was this text made by seal_secret?
[[nodiscard]] bool is_sealed(std::string_view text);

}  // namespace cumulo::users
