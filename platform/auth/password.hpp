#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "platform/core/async.hpp"
#include "platform/core/result.hpp"

namespace cumulo::auth {

struct password_settings {
  std::uint64_t memory_bytes = 19ULL << 20U;  ///< Argon2id memory (OWASP: 19 MiB, 2 passes)
  std::uint64_t passes = 2;
  std::size_t threads = 1;  ///< at most this many hashes at once
  std::size_t queue = 64;   ///< more waiting than this is errc::unavailable at once
};

/// Argon2id (RFC 9106, by libsodium) on a small pool of its own. Await from an I/O thread; resumes there.
class password_hasher {
 public:
  explicit password_hasher(password_settings settings);
  ~password_hasher();  ///< waits for the hashes under way
  password_hasher(const password_hasher&) = delete;
  password_hasher& operator=(const password_hasher&) = delete;

  /// The PHC string to store. errc::unavailable when the queue is full.
  [[nodiscard]] awaitable<result<std::string>> hash(std::string password);
  /// True if it matches. An empty `stored` verifies against a decoy and is false: the same time for unknown accounts.
  /// After a match `then` is called on the pool, for what follows from it and would hold up an I/O thread; what it
  /// throws is thrown here.
  [[nodiscard]] awaitable<result<bool>> verify(std::string password, std::string stored,
                                               std::function<void()> then = {});
  /// Was `stored` made with other settings, so that it should be hashed anew?
  [[nodiscard]] bool needs_rehash(std::string_view stored) const;
  [[nodiscard]] std::size_t queue_depth() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// zxcvbn's estimate, 0 (guessed at once) to 4. `hints` are words to hold against it (e-mail, name). Any thread, ~1 ms;
/// passwords are cut at 128 characters before estimating.
[[nodiscard]] int password_strength(std::string_view password, std::initializer_list<std::string_view> hints);

}  // namespace cumulo::auth
