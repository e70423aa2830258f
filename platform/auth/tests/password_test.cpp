#include "platform/auth/password.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "platform/core/io_threads.hpp"

namespace cumulo::auth {
namespace {

constexpr password_settings cheap{.memory_bytes = 1U << 20U, .passes = 1};

/// Runs a coroutine on the first I/O thread and waits for what it returns.
template <class T>
std::future<T> run(io_threads& threads, std::function<awaitable<T>()> body) {
  auto done = std::make_shared<std::promise<T>>();
  auto outcome = done->get_future();
  auto task = [body = std::move(body), done]() -> awaitable<void> {
    T value = co_await body();
    done->set_value(std::move(value));
  };
  asio::co_spawn(threads.context(0), std::move(task), asio::detached);
  return outcome;
}

struct password_hasher_test : testing::Test {
  io_threads threads{1};
  password_hasher hasher{cheap};
  void SetUp() override { threads.start(); }
  void TearDown() override { threads.stop(); }

  std::string hash(const std::string& password) {
    return run<result<std::string>>(threads, [&] { return hasher.hash(password); }).get().value();
  }
  bool verify(const std::string& password, const std::string& stored) {
    return run<result<bool>>(threads, [&] { return hasher.verify(password, stored); }).get().value();
  }
};

TEST_F(password_hasher_test, verifies_what_it_hashed) {
  const std::string stored = hash("correct horse battery staple");
  EXPECT_TRUE(stored.starts_with("$argon2id$v=19$m=1024,t=1,p=1$")) << stored;
  EXPECT_TRUE(verify("correct horse battery staple", stored));
  EXPECT_FALSE(verify("correct horse battery staplE", stored));
  EXPECT_FALSE(verify("", stored));
  EXPECT_NE(stored, hash("correct horse battery staple")) << "salted";
}

TEST_F(password_hasher_test, nul_and_bytes_beyond_it_count) {
  const std::string stored = hash(std::string("a\0b", 3));
  EXPECT_TRUE(verify(std::string("a\0b", 3), stored));
  EXPECT_FALSE(verify(std::string("a\0c", 3), stored));
  EXPECT_FALSE(verify("a", stored));
}

TEST_F(password_hasher_test, an_unknown_account_matches_nothing) {
  EXPECT_FALSE(verify("", "")) << "not even the decoy's own password";
  EXPECT_FALSE(verify("x", ""));
}

TEST_F(password_hasher_test, calls_what_follows_on_the_pool_after_a_match_alone) {
  const std::string stored = hash("right");
  std::vector<std::thread::id> called_on;
  const std::function<void()> then = [&] { called_on.push_back(std::this_thread::get_id()); };
  std::thread::id io_thread;
  auto verify_then = [&](std::string password, std::string expected) {
    return run<result<bool>>(threads,
                             [&]() -> awaitable<result<bool>> {
                               io_thread = std::this_thread::get_id();
                               co_return co_await hasher.verify(password, expected, then);
                             })
        .get()
        .value();
  };
  EXPECT_FALSE(verify_then("wrong", stored));
  EXPECT_FALSE(verify_then("", "")) << "which is the decoy's password";
  EXPECT_TRUE(called_on.empty());
  EXPECT_TRUE(verify_then("right", stored));
  ASSERT_EQ(called_on.size(), 1U);
  EXPECT_NE(called_on.front(), io_thread);
}

TEST_F(password_hasher_test, throws_what_follows_throws) {
  const std::string stored = hash("right");
  auto attempt = [&]() -> awaitable<std::string> {
    const std::function<void()> then = [] { throw std::runtime_error("no key"); };
    try {
      (void)co_await hasher.verify("right", stored, then);
    } catch (const std::runtime_error& e) {
      co_return e.what();
    }
    co_return "";
  };
  EXPECT_EQ(run<std::string>(threads, attempt).get(), "no key");
}

TEST_F(password_hasher_test, rubbish_in_the_store_matches_nothing) {
  for (const auto& bad : {std::string{"x"}, std::string{"$argon2id$"}, std::string(127, 'x'), std::string(128, 'x'),
                          std::string(5'000, 'x')}) {
    EXPECT_FALSE(verify("x", bad));
    EXPECT_TRUE(hasher.needs_rehash(bad));
  }
}

TEST_F(password_hasher_test, sees_that_settings_changed) {
  const std::string stored = hash("x");
  EXPECT_FALSE(hasher.needs_rehash(stored));
  const password_hasher costlier{{.memory_bytes = 2U << 20U, .passes = 1}};
  EXPECT_TRUE(costlier.needs_rehash(stored));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// Bytes of the largest mapping of this process that may consist of huge pages (proc(5): `hg` among its VmFlags).
std::uint64_t most_in_huge_pages() {
  std::ifstream maps{"/proc/self/smaps"};
  std::uint64_t size = 0, most = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.starts_with("Size:")) size = std::stoull(line.substr(5)) << 10U;
    if (line.starts_with("VmFlags:") && line.find(" hg") != std::string::npos) most = std::max(most, size);
  }
  return most;
}

TEST(password_hasher, works_in_huge_pages) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "this kernel has none";
  constexpr std::uint64_t memory = 64U << 20U;
  io_threads threads{1};
  password_hasher hasher{{.memory_bytes = memory, .passes = 4}};
  threads.start();
  std::future<result<std::string>> hashed =
      run<result<std::string>>(threads, [&] { return hasher.hash("long enough to be looked at"); });
  std::uint64_t seen = 0;
  while (seen < memory && hashed.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready) {
    seen = std::max(seen, most_in_huge_pages());
  }
  EXPECT_TRUE(hashed.get().has_value());
  EXPECT_GE(seen, memory);
  EXPECT_LT(most_in_huge_pages(), memory) << "and gives it back";
  threads.stop();
}
#endif

TEST_F(password_hasher_test, resumes_on_the_thread_that_asked) {
  auto same = run<bool>(threads, [&]() -> awaitable<bool> {
    const auto before = std::this_thread::get_id();
    const auto hashed = co_await hasher.hash("x");
    co_return hashed.has_value() && std::this_thread::get_id() == before;
  });
  EXPECT_TRUE(same.get());
}

TEST_F(password_hasher_test, unknown_accounts_take_the_time_of_known_ones) {
  password_hasher slow{{.memory_bytes = 16U << 20U, .passes = 2}};
  const std::string stored = run<result<std::string>>(threads, [&] { return slow.hash("right"); }).get().value();
  // Processor time of the whole process, which does nothing else: what others do on the machine does not count.
  const auto cost = [&](const std::string& hashed) {
    const std::clock_t start = std::clock();
    (void)run<result<bool>>(threads, [&] { return slow.verify("wrong", hashed); }).get();
    return static_cast<double>(std::clock() - start);
  };
  double known = std::numeric_limits<double>::max();
  double unknown = known;
  for (int i = 0; i < 8; ++i) {  // in turn, so that a machine that changes its pace changes it for both
    known = std::min(known, cost(stored));
    unknown = std::min(unknown, cost(""));
  }
  EXPECT_GT(unknown, known * 0.5);
  EXPECT_LT(unknown, known * 2.0);
}

TEST_F(password_hasher_test, a_full_queue_refuses_at_once) {
  password_hasher narrow{{.memory_bytes = 16U << 20U, .passes = 3, .threads = 1, .queue = 2}};
  // All asked for in one turn of the loop, so that the pool cannot keep up.
  std::vector<std::future<result<std::string>>> all;
  run<int>(threads, [&]() -> awaitable<int> {
    for (int i = 0; i < 20; ++i) all.push_back(run<result<std::string>>(threads, [&] { return narrow.hash("x"); }));
    co_return 0;
  }).get();
  int hashed = 0;
  int refused = 0;
  for (auto& one : all) {
    const auto outcome = one.get();
    if (outcome.has_value()) {
      ++hashed;
    } else {
      EXPECT_EQ(outcome.error().code, errc::unavailable);
      EXPECT_TRUE(outcome.error().retry_after.has_value());
      ++refused;
    }
  }
  EXPECT_GE(hashed, 2);
  EXPECT_GE(refused, 10);
  for (int i = 0; i < 1'000 && narrow.queue_depth() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  EXPECT_EQ(narrow.queue_depth(), 0U);
}

TEST_F(password_hasher_test, its_end_answers_those_who_wait) {
  std::vector<std::future<result<std::string>>> all;
  {
    password_hasher narrow{{.memory_bytes = 16U << 20U, .passes = 3, .threads = 1, .queue = 50}};
    for (int i = 0; i < 20; ++i) all.push_back(run<result<std::string>>(threads, [&] { return narrow.hash("x"); }));
    run<int>(threads, []() -> awaitable<int> { co_return 0; }).get();  // all have asked
  }
  int answered = 0;
  for (auto& one : all) {
    (void)one.get();
    ++answered;
  }
  EXPECT_EQ(answered, 20);
}

TEST(password_strength, tells_weak_from_strong) {
  EXPECT_EQ(password_strength("", {}), 0);
  EXPECT_EQ(password_strength("password", {}), 0);
  EXPECT_EQ(password_strength("12345678", {}), 0);
  EXPECT_LE(password_strength("P@ssw0rd1", {}), 1);
  EXPECT_GE(password_strength("correct horse battery staple", {}), 3);
  EXPECT_EQ(password_strength("vK8$pq2!zLw9@Tn4", {}), 4);
}

TEST(password_strength, holds_names_against_it) {
  EXPECT_GT(password_strength("brunhildewaldmeister", {}),
            password_strength("brunhildewaldmeister", {"Brunhilde Waldmeister"}));
  EXPECT_LE(password_strength("waldmeister7", {"b.waldmeister@example.org"}), 1);
}

TEST(password_strength, is_quick_and_whole_whatever_it_is_given) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(password_strength(std::string(1'000'000, 'a'), {std::string(1'000'000, 'b')}),
            password_strength(std::string(128, 'a'), {}));
  (void)password_strength(std::string("a\0b", 3), {std::string_view("\0\0\0", 3), ""});
  (void)password_strength("\xff\xfe\xfd\xfc\xfb\xfa", {"\xff"});
  std::string mixed;
  for (int i = 0; i < 1'000; ++i) mixed.push_back(static_cast<char>('!' + (i * 7) % 90));
  (void)password_strength(mixed, {});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{2});
}

}  // namespace
}  // namespace cumulo::auth
