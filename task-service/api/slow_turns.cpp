#include "task-service/api/slow_turns.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

namespace cumulo::tasks {

namespace {

error too_many() {
  return {
      errc::too_many_requests, "Too many slow lists and searches of this account wait.", {}, std::chrono::seconds{1}};
}

}  // namespace

/// Has the turn, or waits for it if there is a timer; the end gives up either.
class slow_turns::turn {
 public:
  turn(slow_turns& all, std::string_view account_id, std::shared_ptr<timer> called)
      : all_(all), account_id_(account_id), called_(std::move(called)) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn() {
    const std::lock_guard lock(all_.mutex_);
    const auto account = all_.waiting_.find(account_id_);
    auto& others = account->second;
    if (called_ && std::erase(others, called_) != 0) return;
    if (others.empty()) {
      all_.waiting_.erase(account);
      return;
    }
    const std::shared_ptr<timer> next = std::move(others.front());
    others.pop_front();
    asio::post(next->get_executor(), [next] { next->cancel(); });
  }

 private:
  slow_turns& all_;
  std::string account_id_;
  std::shared_ptr<timer> called_;
};

awaitable<result<>> slow_turns::run(std::string_view account_id, function_ref<awaitable<void>()> read) {
  const io_executor here = co_await asio::this_coro::executor;
  std::shared_ptr<timer> called;
  {
    const std::lock_guard lock(mutex_);
    const auto [account, is_free] = waiting_.try_emplace(std::string{account_id});
    if (!is_free) {
      if (account->second.size() >= most_waiting) co_return too_many();
      called = account->second.emplace_back(std::make_shared<timer>(here, longest_wait));
    }
  }
  const turn mine{*this, account_id, called};
  if (called) {
    boost::system::error_code cut_short;
    co_await called->async_wait(asio::redirect_error(use_awaitable, cut_short));
    if (!cut_short) co_return too_many();
  }
  co_await read();
  co_return result<>{};
}

}  // namespace cumulo::tasks
