#pragma once
// The signing keys in use by this process. Any thread.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/auth/token.hpp"
#include "user-service/domain/key_schedule.hpp"

namespace cumulo::users {

class key_ring {
 public:
  /// `passphrase` seals private keys where they are stored; empty stores them as they are.
  key_ring(auth::token_settings settings, std::string passphrase);

  /// A new key, ready to be stored; its times are the store's business.
  [[nodiscard]] stored_key make_candidate() const;
  /// Takes the stored keys. Opening one that is new here takes 20 ms if it is sealed. Throws std::runtime_error, with a
  /// sentence for the operator, for a key that cannot be opened; what was held before stays in use.
  void replace(const std::vector<stored_key>& keys);
  /// errc::unavailable while there is no key.
  [[nodiscard]] result<std::string> sign(const auth::principal& who, instant now) const;
  /// {"keys":[…]} of all keys held, or an empty set.
  [[nodiscard]] std::string jwks() const;

 private:
  struct ring {
    std::vector<stored_key> keys;  // without their private parts
    std::map<std::string, std::shared_ptr<const auth::token_signer>, std::less<>> signers;
    std::string jwks{R"({"keys":[]})"};
  };
  [[nodiscard]] std::shared_ptr<const ring> current() const;

  auth::token_settings settings_;
  std::string passphrase_;
  mutable std::mutex lock_;
  std::shared_ptr<const ring> ring_;  // replaced as a whole
};

}  // namespace cumulo::users
