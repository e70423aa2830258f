#include "platform/sql/postgres_connector.hpp"

#include <poll.h>

#include <random>

#include "platform/observe/log.hpp"

namespace cumulo::sql {
namespace {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds attempt_limit{3'000};
constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{1'000};
constexpr milliseconds log_interval{10'000};  // while the server is away

struct conninfo_deleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using conninfo_ptr = std::unique_ptr<PQconninfoOption, conninfo_deleter>;

[[noreturn]] void fail(const std::string& why) { throw database_error(failure::unavailable, "postgres.connect", why); }

/// libpq's parameters: what the URL leaves open is set so that a dead server is noticed within seconds.
struct parameters {
  std::vector<std::pair<std::string, std::string>> values;

  void set_default(const char* key, std::string value) {
    const auto given = std::any_of(values.begin(), values.end(), [key](const auto& v) { return v.first == key; });
    if (!given) values.emplace_back(key, std::move(value));
  }
  std::string& option(const char* key) {
    for (auto& v : values) {
      if (v.first == key) return v.second;
    }
    return values.emplace_back(key, "").second;
  }
};

parameters read_url(const std::string& url, milliseconds statement_timeout) {
  char* fault = nullptr;
  const conninfo_ptr parsed{PQconninfoParse(url.c_str(), &fault)};
  if (!parsed) {
    PQfreemem(fault);  // not shown: it may quote the password
    throw database_error(failure::other, "sql.open",
                         "the database URL cannot be read; it is sqlite:FILE or postgres://…");
  }
  parameters out;
  for (const auto* o = parsed.get(); o->keyword != nullptr; ++o) {
    if (o->val != nullptr) out.values.emplace_back(o->keyword, o->val);
  }
  out.set_default("application_name", "cumulo");
  out.set_default("client_encoding", "UTF8");
  out.set_default("target_session_attrs", "read-write");
  out.set_default("keepalives_idle", "2");
  out.set_default("keepalives_interval", "1");
  out.set_default("keepalives_count", "2");
  out.set_default("tcp_user_timeout", "3500");
  if (statement_timeout.count() > 0) {
    const auto ms = std::to_string(statement_timeout.count());
    // Who waits for a lock so long has done nothing wrong: the sooner end of the wait tells it from a slow statement.
    const auto wait = std::to_string(statement_timeout.count() * 9 / 10);
    out.option("options") += " -c statement_timeout=" + ms + " -c lock_timeout=" + wait +
                             " -c idle_in_transaction_session_timeout=" + ms +
                             " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";
  }
  return out;
}

}  // namespace

connection_ptr connect_postgres(const std::string& url, milliseconds statement_timeout, milliseconds limit,
                                const std::atomic<bool>& stop) {
  const auto given = read_url(url, statement_timeout);
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : given.values) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_ptr c{PQconnectStartParams(keys.data(), values.data(), 0)};
  if (!c) throw std::bad_alloc{};
  PQsetNoticeProcessor(c.get(), [](void*, const char*) {}, nullptr);
  const auto deadline = clock_type::now() + limit;
  auto state = PQstatus(c.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) fail(PQerrorMessage(c.get()));
    if (stop) fail("closing");
    if (clock_type::now() > deadline) fail("no answer from the server");
    // The socket may be another one after each step (several addresses).
    pollfd waited{PQsocket(c.get()), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (::poll(&waited, 1, 50) > 0) state = PQconnectPoll(c.get());
  }
  return c;
}

postgres_connector::postgres_connector(std::string url, milliseconds statement_timeout)
    : url_(std::move(url)), statement_timeout_(statement_timeout) {
  (void)read_url(url_, statement_timeout_);  // an unusable URL is told at once
  thread_ = std::thread([this] { work(); });
}

postgres_connector::~postgres_connector() { close(); }

void postgres_connector::request(std::shared_ptr<connection_seeker> seeker) {
  {
    const std::lock_guard lock(mutex_);
    seekers_.push_back(std::move(seeker));
  }
  wake_.notify_one();
}

void postgres_connector::work() {
  std::minstd_rand random{std::random_device{}()};
  auto pause = first_pause;
  clock_type::time_point told{};
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || !seekers_.empty(); });
    if (closing_) return;
    auto seeker = std::move(seekers_.front());
    seekers_.pop_front();
    lock.unlock();
    std::string why;
    try {
      auto c = connect_postgres(url_, statement_timeout_, attempt_limit, closing_);
      if (PQsetnonblocking(c.get(), 1) != 0 || PQenterPipelineMode(c.get()) != 1) fail("no pipeline mode");
      seeker->connected(std::move(c));
      pause = first_pause;
    } catch (const std::exception& e) {
      why = e.what();
    }
    if (why.empty()) {
      lock.lock();
      continue;
    }
    if (!closing_ && clock_type::now() - told > log_interval) {
      log::error("cannot connect to the database", {{"reason", std::string_view{why}.substr(0, why.find('\n'))}});
      told = clock_type::now();
    }
    const bool again = seeker->connect_failed(why);
    std::uniform_int_distribution<std::int64_t> jitter{pause.count() / 2, pause.count()};
    lock.lock();
    if (again) seekers_.push_back(std::move(seeker));
    wake_.wait_for(lock, milliseconds{jitter(random)}, [this] { return closing_.load(); });
    pause = std::min(pause * 2, longest_pause);
  }
}

void postgres_connector::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  seekers_.clear();
}

}  // namespace cumulo::sql
