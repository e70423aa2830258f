#include "user-service/api/revocation_list.hpp"

#include <algorithm>
#include <optional>

#include "platform/http/message.hpp"
#include "platform/json/write.hpp"
#include "user-service/api/support.hpp"
#include "user-service/api/wire.hpp"

namespace cumulo::users::api {

namespace {

constexpr std::chrono::seconds good_for{1};
constexpr std::chrono::milliseconds look_again_after{5};

}  // namespace

/// One read under way; a failed one if it ends without a text.
class revocation_list::reading {
 public:
  explicit reading(std::shared_ptr<state> of) : of_(std::move(of)) {}
  reading(const reading&) = delete;
  ~reading() {
    const std::scoped_lock guard{of_->lock};
    of_->is_reading = false;
    if (made_) {
      of_->kept = std::move(made_);
      of_->read_at = began_;
    } else {
      ++of_->failures;
    }
  }
  void done(std::shared_ptr<const text> made) { made_ = std::move(made); }

 private:
  std::shared_ptr<state> of_;
  steady::time_point began_{steady::now()};
  std::shared_ptr<const text> made_;
};

awaitable<result<std::shared_ptr<const revocation_list::text>>> revocation_list::current() {
  std::optional<std::uint64_t> failed_before;
  for (;;) {
    {
      const std::scoped_lock guard{state_->lock};
      if (state_->kept && steady::now() - state_->read_at < good_for) co_return state_->kept;
      if (failed_before && *failed_before != state_->failures) {
        co_return error{errc::unavailable, "The list of revocations cannot be read. Try again shortly."};
      }
      failed_before = state_->failures;
      if (!state_->is_reading) {
        state_->is_reading = true;
        break;
      }
    }
    co_await wait_until(steady::now() + look_again_after);
  }
  reading mine{state_};
  revocations body;
  body.revoked = co_await sessions_.list_revoked(time_.now());
  std::ranges::sort(body.revoked);
  auto made = std::make_shared<text>();
  json::write(made->json, body);
  made->etag = http::content_hash(made->json);
  mine.done(made);
  co_return made;
}

}  // namespace cumulo::users::api
