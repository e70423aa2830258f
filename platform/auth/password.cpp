#include "platform/auth/password.hpp"

#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "platform/auth/huge_pages.hpp"
#include "platform/observe/trace.hpp"

namespace cumulo::auth {

namespace {

constexpr int niceness = 10;

/// Work for the pool. `run` is false when the pool ends before the job's turn.
using job = std::function<void(bool run)>;

/// Wiped when it goes, wherever it went.
class secret {
 public:
  explicit secret(std::string text) : text_(std::move(text)) {}
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;
  ~secret() { sodium_memzero(text_.data(), text_.size()); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

error overloaded() {
  return {.code = errc::unavailable,
          .detail = "Too many sign-ins at once. Try again in a moment.",
          .retry_after = std::chrono::seconds{1}};
}

}  // namespace

struct password_hasher::state {
  password_settings settings;
  std::mutex lock{};
  std::condition_variable work{};
  std::deque<job> waiting{};
  std::size_t running{0};
  bool ending{false};
  std::string decoy_text{};
  std::once_flag decoy_made{};
  std::vector<std::thread> threads{};

  /// Argon2id with the settings; throws std::bad_alloc if the memory is not to be had.
  [[nodiscard]] std::string hash_now(const std::string& password) const {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (crypto_pwhash_str(out.data(), password.data(), password.size(), settings.passes, settings.memory_bytes) != 0) {
      throw std::bad_alloc{};
    }
    return out.data();
  }

  /// What unknown accounts are verified against. Made by the pool when it begins, so that no start waits for it.
  const std::string& decoy() {
    std::call_once(decoy_made, [this] { decoy_text = hash_now(""); });
    return decoy_text;
  }

  void serve() {
    // Behind the threads that answer requests wherever they share a core. What Linux calls a process here is a thread.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
    map_huge_pages();
    try {
      decoy();
    } catch (const std::bad_alloc&) {  // then the first to need it is told
    }
    std::unique_lock guard{lock};
    for (;;) {
      work.wait(guard, [&] { return ending || !waiting.empty(); });
      if (waiting.empty()) return;
      job next = std::move(waiting.front());
      waiting.pop_front();
      ++running;
      const bool run = !ending;
      guard.unlock();
      next(run);
      next = nullptr;
      guard.lock();
      --running;
    }
  }

  [[nodiscard]] bool enqueue(job todo) {
    {
      const std::scoped_lock guard{lock};
      if (ending || waiting.size() >= settings.queue) return false;
      waiting.push_back(std::move(todo));
    }
    work.notify_one();
    return true;
  }

  /// Runs `todo` on the pool and resumes the caller on its own thread with what it returned.
  template <class T>
  awaitable<result<T>> on_pool(std::function<T()> todo) {
    auto initiate = [this](auto handler, std::function<T()> body) {
      // Shared, because std::function wants to copy; only one copy is ever called.
      using handler_type = decltype(handler);
      struct pending {
        handler_type handler;
        asio::executor_work_guard<io_executor> resume_on;
      };
      auto resume_on = asio::make_work_guard(asio::get_associated_executor(handler));
      auto held = std::make_shared<pending>(pending{std::move(handler), std::move(resume_on)});
      auto complete = [held](std::exception_ptr failure, result<T> outcome) {
        const auto executor = held->resume_on.get_executor();
        asio::post(executor, [held, failure, outcome = std::move(outcome)]() mutable {
          auto resume = std::move(held->handler);
          held->resume_on.reset();
          resume(failure, std::move(outcome));
        });
      };
      const bool taken = enqueue([complete, body = std::move(body)](bool run) {
        if (!run) return complete(nullptr, overloaded());
        try {
          complete(nullptr, body());
        } catch (...) {
          complete(std::current_exception(), overloaded());
        }
      });
      if (!taken) complete(nullptr, overloaded());
    };
    const trace::carried active;
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<io_executor>,
                                            void(std::exception_ptr, result<T>)>(std::move(initiate), use_awaitable,
                                                                                 std::move(todo));
  }
};

password_hasher::password_hasher(password_settings settings) : state_(std::make_unique<state>()) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  state_->settings = settings;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, settings.threads); ++i) {
    state_->threads.emplace_back([s = state_.get()] { s->serve(); });
  }
}

password_hasher::~password_hasher() {
  {
    const std::scoped_lock guard{state_->lock};
    state_->ending = true;
  }
  state_->work.notify_all();
  for (auto& t : state_->threads) t.join();
}

awaitable<result<std::string>> password_hasher::hash(std::string password) {
  auto held = std::make_shared<const secret>(std::move(password));
  std::function<std::string()> todo = [s = state_.get(), held] { return s->hash_now(held->text()); };
  co_return co_await state_->on_pool<std::string>(std::move(todo));
}

awaitable<result<bool>> password_hasher::verify(std::string password, std::string stored, std::function<void()> then) {
  auto held = std::make_shared<const secret>(std::move(password));
  const bool known = !stored.empty();
  std::function<bool()> todo = [s = state_.get(), held, known, given = std::move(stored), next = std::move(then)] {
    const std::string& expected = known ? given : s->decoy();
    // libsodium wants room for the longest string; a shorter one is padded with NULs.
    std::array<char, crypto_pwhash_STRBYTES> padded{};
    if (expected.size() >= padded.size()) return false;
    std::ranges::copy(expected, padded.begin());
    const auto& text = held->text();
    const bool matches = crypto_pwhash_str_verify(padded.data(), text.data(), text.size()) == 0;
    if (!matches || !known) return false;
    if (next) next();
    return true;
  };
  co_return co_await state_->on_pool<bool>(std::move(todo));
}

bool password_hasher::needs_rehash(std::string_view stored) const {
  const std::string text{stored};
  if (text.size() >= crypto_pwhash_STRBYTES) return true;
  return crypto_pwhash_str_needs_rehash(text.c_str(), state_->settings.passes, state_->settings.memory_bytes) != 0;
}

std::size_t password_hasher::queue_depth() const {
  const std::scoped_lock guard{state_->lock};
  return state_->waiting.size() + state_->running;
}

}  // namespace cumulo::auth
