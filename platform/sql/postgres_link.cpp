#include "platform/sql/postgres_link.hpp"

#include <charconv>

#include "platform/observe/log.hpp"
#include "platform/sql/placeholders.hpp"

namespace cumulo::sql {
namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::size_t most_members = 128;                    // of one unit
constexpr std::chrono::milliseconds silence{2'000};          // after which a sign of life is asked for
constexpr std::chrono::milliseconds longest_silence{3'500};  // an answer later than this makes check() fail
constexpr int most_repeats = 3;

std::string_view text_for_postgres(const statement& what) {
  return what.postgres_text.empty() ? what.text : what.postgres_text;
}

/// Values in libpq's text format. Reused by the calls of one thread.
struct encoded_values {
  std::string bytes;
  std::vector<std::size_t> offsets;
  std::vector<const char*> pointers;

  /// False if a text holds a NUL, which would cut it short.
  bool encode(std::span<const param> values) {
    constexpr auto null = ~std::size_t{0};
    bytes.clear();
    offsets.clear();
    for (const auto& v : values) {
      if (const auto* number = std::get_if<std::int64_t>(&v.value())) {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr;
        offsets.push_back(bytes.size());
        bytes.append(digits.data(), end);
        bytes.push_back('\0');
      } else if (const auto* text = std::get_if<std::string_view>(&v.value())) {
        if (text->find('\0') != std::string_view::npos) return false;
        offsets.push_back(bytes.size());
        bytes.append(*text);
        bytes.push_back('\0');
      } else {
        offsets.push_back(null);
      }
    }
    pointers.clear();
    for (const auto offset : offsets) pointers.push_back(offset == null ? nullptr : bytes.data() + offset);
    return true;
  }
};

bool has_nul(std::span<const param> values) {
  return std::any_of(values.begin(), values.end(), [](const param& v) {
    const auto* text = std::get_if<std::string_view>(&v.value());
    return text != nullptr && text->find('\0') != std::string_view::npos;
  });
}

std::string_view name_of(postgres_link::use u) {
  return u == postgres_link::use::read ? "read" : u == postgres_link::use::write ? "write" : "exclusive";
}

}  // namespace

postgres_link::postgres_link(use what_for, asio::io_context& context, io_threads& threads,
                             const pool_settings& settings, const instruments& meter, postgres_connector& connector)
    : use_(what_for), context_(context), threads_(threads), settings_(settings), meter_(meter), connector_(connector) {
  waiting_gauge_ = meter.waiting(name_of(use_));
  connections_gauge_ = meter.connections(name_of(use_));
}

postgres_link::~postgres_link() {
  release_connection();
  for (const auto& u : under_way_) {
    for (auto* m : u.members) {
      if (m != nullptr) m->abandon();
    }
  }
  for (const auto& u : repeats_) {
    for (auto* m : u.members) m->abandon();
  }
  for (auto* m : pending_) m->abandon();
}

awaitable<void> postgres_link::run(postgres_request& request) {
  const auto name = request.commands.back().what->name;
  const auto now = state_.load();
  if (now == state::down || now == state::closed || depth_ >= settings_.max_waiting) {
    meter_.failed(failure::unavailable);
    throw database_error(failure::unavailable, name,
                         now == state::closed ? "the database is closed"
                         : now == state::down ? "not connected to the database"
                                              : "too many requests wait for the database");
  }
  for (const auto& c : request.commands) {
    if (has_nul(c.values))
      throw database_error(failure::other, name, std::string{name} + ": a value holds a NUL character");
  }
  ++depth_;
  instruments::add(waiting_gauge_, 1);
  auto start = [this, &request] {
    if (&threads_.context(request.thread()) == &context_) {
      submit(request);
    } else {
      asio::post(context_, [self = shared_from_this(), &request] { self->submit(request); });
    }
  };
  co_await suspend(request, start);
  request.rethrow();
}

void postgres_link::submit(postgres_request& request) {
  pending_.push_back(&request);
  schedule_pump();
}

void postgres_link::schedule_pump() {
  if (pump_scheduled_) return;
  pump_scheduled_ = true;
  asio::post(context_, [self = shared_from_this()] {
    self->pump_scheduled_ = false;
    self->pump();
    self->resume_finished();
  });
}

void postgres_link::pump() {
  if (state_ != state::up) {
    if (state_ != state::first_attempt || closing_) {
      for (auto* m : std::exchange(pending_, {})) refuse(*m, failure::unavailable, "not connected to the database");
    }
    return;
  }
  bool sent = false;
  if (use_ != use::write || under_way_.empty()) {
    while (!repeats_.empty()) {
      auto u = std::move(repeats_.front());
      repeats_.pop_front();
      if (!send(std::move(u))) return;
      sent = true;
    }
  }
  while (!pending_.empty() && (use_ != use::write || under_way_.empty())) {
    const auto count =
        static_cast<std::ptrdiff_t>(use_ == use::exclusive ? 1 : std::min(pending_.size(), most_members));
    unit u;
    u.members.assign(pending_.begin(), pending_.begin() + count);
    pending_.erase(pending_.begin(), pending_.begin() + count);
    if (!send(std::move(u))) return;
    sent = true;
  }
  if (sent) flush();
}

bool postgres_link::send(unit u) {
  u.sent = clock_type::now();
  u.steps.clear();
  u.at = 0;
  u.had_result = false;
  u.guilty.reset();
  u.error = nullptr;
  u.stale = false;
  bool good = true;
  for (std::size_t m = 0; good && m < u.members.size(); ++m) {
    u.members[m]->results.clear();
    for (std::size_t c = 0; good && c < u.members[m]->commands.size(); ++c) good = send_command(u, m, c);
  }
  good = good && PQpipelineSync(connection_.get()) == 1;
  under_way_.push_back(std::move(u));
  if (!good) lose(PQerrorMessage(connection_.get()), failure::unavailable);
  return good;
}

bool postgres_link::send_command(unit& u, std::size_t member, std::size_t index) {
  thread_local encoded_values values;
  const auto& command = u.members[member]->commands[index];
  auto& p = prepare(*command.what);
  if (!p.sent) {
    const auto text = to_postgres_placeholders(text_for_postgres(*command.what));
    if (PQsendPrepare(connection_.get(), p.name.c_str(), text.c_str(), 0, nullptr) != 1) return false;
    p.sent = true;
    u.steps.push_back({member, index, &p, true});
  }
  if (!values.encode(command.values)) return false;  // looked for before: cannot be
  u.steps.push_back({member, index, &p, false});
  return PQsendQueryPrepared(connection_.get(), p.name.c_str(), static_cast<int>(values.pointers.size()),
                             values.pointers.data(), nullptr, nullptr, 0) == 1;
}

postgres_link::prepared& postgres_link::prepare(const statement& what) {
  auto& p = statements_[&what];
  const auto text = text_for_postgres(what);
  if (p.text == text.data()) return p;
  p.name = "s" + std::to_string(next_name_++);
  p.text = text.data();
  p.sent = false;
  if (p.duration == nullptr) p.duration = meter_.statement(what.name);
  return p;
}

void postgres_link::flush() {
  const int rest = PQflush(connection_.get());
  if (rest < 0) {
    lose(PQerrorMessage(connection_.get()), failure::unavailable);
  } else if (rest > 0 && !writing_) {
    wait_writable();
  }
}

void postgres_link::wait_readable() {
  socket_->async_wait(descriptor::wait_read,
                      [self = shared_from_this(), mine = generation_](const boost::system::error_code& code) {
                        if (code || mine != self->generation_) return;
                        self->on_readable();
                        self->resume_finished();
                      });
}

/// Beside the wait for reading, which never ends: a server that cannot send its answers takes no more requests.
void postgres_link::wait_writable() {
  writing_ = true;
  socket_->async_wait(descriptor::wait_write,
                      [self = shared_from_this(), mine = generation_](const boost::system::error_code& code) {
                        if (code || mine != self->generation_) return;
                        self->writing_ = false;
                        self->flush();
                        self->resume_finished();
                      });
}

void postgres_link::on_readable() {
  if (PQconsumeInput(connection_.get()) != 1) {
    drain();  // what had arrived before the end
    if (state_ == state::up) lose(PQerrorMessage(connection_.get()), failure::unavailable);
    return;
  }
  heard_ = clock_type::now();
  responsive_ = true;
  drain();
  if (state_ != state::up) return;
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    return lose(PQerrorMessage(connection_.get()), failure::unavailable);
  pump();
  if (state_ == state::up) wait_readable();
}

void postgres_link::drain() {
  while (state_ == state::up && !under_way_.empty() && PQisBusy(connection_.get()) == 0) {
    auto& u = under_way_.front();
    result_ptr r{PQgetResult(connection_.get())};
    if (r) {
      if (PQresultStatus(r.get()) == PGRES_PIPELINE_SYNC) {
        auto ended = std::move(u);
        under_way_.pop_front();
        end_unit(std::move(ended));
      } else {
        take(u, std::move(r));
      }
    } else if (u.had_result) {  // the NULL that ends a step's results
      u.had_result = false;
      if (u.at < u.steps.size()) ++u.at;
    } else {
      if (PQstatus(connection_.get()) != CONNECTION_OK) return;
      return lose("the answers of the server do not match what was asked", failure::unavailable);
    }
  }
}

void postgres_link::take(unit& u, result_ptr r) {
  u.had_result = true;
  const auto status = PQresultStatus(r.get());
  if (status == PGRES_FATAL_ERROR && ends_connection(r.get())) {
    return lose(PQresultErrorMessage(r.get()), failure::unavailable);
  }
  if (u.at == u.steps.size()) {  // the commit itself failed
    if (status == PGRES_FATAL_ERROR && !u.error) {
      u.guilty = u.members.size();
      u.error = to_exception(r.get(), "postgres.commit");
    }
    return;
  }
  const auto& s = u.steps[u.at];
  auto* request = u.members[s.member];
  switch (status) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      if (s.prepares) return;
      instruments::observe(s.what->duration, request->asked, clock_type::now());
      request->results.push_back(std::move(r));
      if (use_ == use::read && s.command + 1 == request->commands.size()) {
        finish(request);
        u.members[s.member] = nullptr;
      }
      return;
    case PGRES_PIPELINE_ABORTED:
      if (s.prepares) s.what->sent = false;
      return;
    default: {
      u.guilty = s.member;
      u.stale = is_stale_statement(sqlstate_of(r.get()));
      const auto name = request->commands[s.command].what->name;
      u.error =
          status == PGRES_FATAL_ERROR
              ? to_exception(r.get(), name)
              : std::make_exception_ptr(database_error(failure::other, name, "not a statement that can be run here"));
      if (s.prepares) {
        s.what->sent = false;
      } else if (u.stale) {
        s.what->text = nullptr;  // a new name, prepared anew
      }
    }
  }
}

void postgres_link::end_unit(unit u) {
  if (u.members.empty()) return;  // a sign of life
  if (!u.error) {
    if (use_ == use::write) meter_.committed(u.members.size(), u.sent, clock_type::now());
    for (auto* m : u.members) {
      if (m != nullptr) finish(m);
    }
  } else if (u.members.size() == 1) {
    end_single(u);
  } else if (use_ == use::write) {
    end_write_unit(u);
  } else {
    for (std::size_t i = 0; i < u.members.size(); ++i) {
      auto* m = u.members[i];
      if (m == nullptr) continue;
      if (i == u.guilty && !u.stale) {
        m->fail(u.error);
        finish(m);
      } else {
        repeat_alone(m);
      }
    }
  }
}

/// The guilty one may itself be a victim of a neighbour that fails in its turn, so it is asked again too, alone and in
/// the order of before. A part that fails once more is taken apart to the last member.
void postgres_link::end_write_unit(unit& u) {
  const auto cut = u.split ? u.members.size() : std::min(*u.guilty, u.members.size());
  const auto add = [this, &u](std::size_t from, std::size_t to) {
    if (from >= to) return;
    unit part;
    part.split = true;
    part.members.assign(u.members.begin() + static_cast<std::ptrdiff_t>(from),
                        u.members.begin() + static_cast<std::ptrdiff_t>(to));
    repeats_.push_back(std::move(part));
  };
  if (u.split || cut == u.members.size()) {
    for (std::size_t i = 0; i < u.members.size(); ++i) add(i, i + 1);
  } else {
    add(0, cut);
    add(cut, cut + 1);
    add(cut + 1, u.members.size());
  }
}

void postgres_link::end_single(unit& u) {
  auto* m = u.members.front();
  if (m == nullptr) return;
  bool again = u.stale && use_ != use::exclusive;
  if (use_ == use::write && !again) {
    try {
      std::rethrow_exception(u.error);
    } catch (const database_error& e) {
      again = e.kind() == failure::serialization;
    }
  }
  if (again && m->repeats < most_repeats) return repeat_alone(m);
  if (u.stale && use_ == use::exclusive) {  // the transaction is lost: let its body run again
    u.error = std::make_exception_ptr(
        database_error(failure::serialization, m->commands.back().what->name, "a prepared statement was out of date"));
  }
  m->fail(u.error);
  finish(m);
}

void postgres_link::repeat_alone(postgres_request* request) {
  ++request->repeats;
  unit u;
  u.split = true;
  u.members.push_back(request);
  repeats_.push_back(std::move(u));
}

void postgres_link::finish(postgres_request* request) {
  --depth_;
  instruments::add(waiting_gauge_, -1);
  if (request->failed()) {
    try {
      request->rethrow();
    } catch (const database_error& e) {
      meter_.failed(e.kind());
    }
  }
  finished_.push_back(request);
}

void postgres_link::refuse(postgres_request& request, failure kind, const std::string& why) {
  request.fail(std::make_exception_ptr(database_error(kind, request.commands.back().what->name, why)));
  finish(&request);
}

void postgres_link::resume_finished() {
  if (closing_ && closed_ && depth_ == 0) std::exchange(closed_, nullptr)();
  if (finished_.empty()) return;
  std::vector<waiter*> mine;
  std::vector<waiter*> of_others;
  for (auto* w : std::exchange(finished_, {})) {
    (&threads_.context(w->thread()) == &context_ ? mine : of_others).push_back(w);
  }
  if (!of_others.empty()) resume_on_own_threads(of_others, threads_);
  finished_requests{std::move(mine)}();
}

void postgres_link::connected(connection_ptr c) {
  asio::post(context_, [self = shared_from_this(), c = std::move(c)]() mutable {
    self->up(std::move(c));
    self->resume_finished();
  });
}

bool postgres_link::connect_failed(const std::string& why) {
  asio::post(context_, [self = shared_from_this(), why] {
    if (self->state_ == state::closed) return;
    self->state_ = state::down;
    self->pump();
    if (self->on_change) self->on_change(false);
    self->resume_finished();
  });
  return use_ != use::exclusive;
}

void postgres_link::up(connection_ptr c) {
  if (state_ == state::closed) return;
  if (state_ == state::down) {
    meter_.reconnected();
    log::info("connected to the database again", {{"use", name_of(use_)}});
  }
  connection_ = std::move(c);
  ++generation_;
  socket_.emplace(context_, PQsocket(connection_.get()));
  state_ = state::up;
  responsive_ = true;
  heard_ = clock_type::now();
  instruments::add(connections_gauge_, 1);
  wait_readable();
  pump();
  if (on_change) on_change(true);
}

void postgres_link::release_connection() {
  if (!connection_) return;
  ++generation_;
  writing_ = false;
  if (socket_) socket_->release();  // before PQfinish closes it
  socket_.reset();
  connection_.reset();
  statements_.clear();
  instruments::add(connections_gauge_, -1);
}

void postgres_link::lose(const std::string& why, failure kind) {
  if (state_ != state::up) return;
  state_ = state::down;
  if (!closing_) {
    const auto first_line = std::string_view{why}.substr(0, why.find('\n'));
    log::write(use_ == use::exclusive ? log::level::debug : log::level::warn, "the connection to the database was lost",
               {{"use", name_of(use_)}, {"reason", first_line}});
  }
  const auto reason = "the connection to the database was lost: " + why;
  release_connection();
  for (auto& u : std::exchange(under_way_, {})) {
    for (auto* m : u.members) {
      if (m != nullptr) refuse(*m, kind, reason);
    }
  }
  for (auto& u : std::exchange(repeats_, {})) {
    for (auto* m : u.members) refuse(*m, failure::unavailable, reason);
  }
  for (auto* m : std::exchange(pending_, {})) refuse(*m, failure::unavailable, reason);
  if (on_change) on_change(false);
  if (!closing_ && use_ != use::exclusive) connector_.request(shared_from_this());
}

void postgres_link::tick() {
  const auto now = clock_type::now();
  while (!pending_.empty() && now - pending_.front()->asked > settings_.client_deadline) {
    auto* late = pending_.front();
    pending_.pop_front();
    refuse(*late, failure::unavailable, "the request waited longer than the client's deadline");
  }
  if (state_ == state::up) {
    if (under_way_.empty()) {
      if (use_ != use::exclusive && now - heard_ > silence && send({})) flush();
    } else {
      const auto waited = now - std::max(under_way_.front().sent, heard_);
      if (waited > longest_silence) responsive_ = false;
      const bool only_sign_of_life = under_way_.front().members.empty();
      if (waited > (only_sign_of_life ? longest_silence : settings_.client_deadline)) {
        lose("no answer within the deadline", failure::timeout);
      }
    }
  }
  resume_finished();
}

void postgres_link::close(std::function<void()> closed) {
  closing_ = true;
  closed_ = std::move(closed);
  pump();
  resume_finished();
}

void postgres_link::abort() {
  closing_ = true;
  lose("closing", failure::unavailable);
  release_connection();
  state_ = state::closed;
  for (auto* m : std::exchange(pending_, {})) refuse(*m, failure::unavailable, "the database is closed");
  on_change = nullptr;
  resume_finished();
}

}  // namespace cumulo::sql
