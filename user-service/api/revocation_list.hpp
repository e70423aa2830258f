#pragma once
// The answer of GET /.well-known/revocations, read from storage at most once a second whoever asks how often.
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "user-service/storage/session_store.hpp"

namespace cumulo::users::api {

/// Any thread: all share one text and at most one read is under way. What it refers to outlives it.
class revocation_list {
 public:
  revocation_list(storage::session_store& sessions, const clock& time) : sessions_(sessions), time_(time) {}

  struct text {
    std::string json;
    std::string etag;  ///< without quotes
  };
  /// The list as it was at most a second ago; who comes while it is read waits for it. errc::unavailable for those who
  /// waited for a read that failed; the one that read throws sql::database_error.
  awaitable<result<std::shared_ptr<const text>>> current();

 private:
  using steady = std::chrono::steady_clock;
  class reading;

  storage::session_store& sessions_;
  const clock& time_;
  /// Shared with a read under way, which may be dropped after this object when the process ends.
  struct state {
    std::mutex lock;  // for what follows; never held across a suspension
    std::shared_ptr<const text> kept;
    steady::time_point read_at;  // when the reading of `kept` began
    bool is_reading{false};
    std::uint64_t failures{0};
  };
  std::shared_ptr<state> state_{std::make_shared<state>()};
};

}  // namespace cumulo::users::api
