#include "platform/bus/nats_lane.hpp"

#include <prometheus/counter.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include "platform/bus/nats_stream.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::bus {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr int ask_for = 64;
constexpr auto asked_until = 20s;  // the server's end of one request
constexpr auto heartbeat = 5s;     // what the server says meanwhile when it has nothing
constexpr auto no_life_after = 12s;
constexpr auto refused_pause = 500ms;
// An event that was delivered so often without any word of its end: its handler may be what ends the process.
constexpr int suspicious_deliveries = 5;
// So long an event is held while the database is away; then another replica may try.
constexpr auto held_at_most = 60s;
constexpr auto away_pause = std::chrono::milliseconds{5s};

constexpr std::string_view later = R"(-NAK {"delay":1000000000})";

}  // namespace

nats_lane::nats_lane(consumer_group& whose, std::size_t number, surroundings around)
    : whose_(whose),
      number_(number),
      around_(std::move(around)),
      durable_(durable_name(whose, number)),
      wake_(around_.link.context()) {}

void nats_lane::stop() {
  stopping_ = true;
  wake_.cancel();
}

void nats_lane::resume() {
  asked_for_ = 0;
  wake_.cancel();
}

void nats_lane::say_in_progress() {
  if (!in_hand_.empty()) answer("+WPI");
}

void nats_lane::answer(std::string_view what) {
  try {
    around_.link.send(in_hand_, what);
  } catch (const nats_away&) {  // it will come again
  }
}

void nats_lane::take(nats_message m) {
  last_heard_ = steady::now();
  if (m.subject.empty()) {  // the connection was lost
    asked_for_ = 0;
    arrived_.clear();  // they come again
  } else if (m.status == 0 && stopping_) {
    try {
      around_.link.send(m.reply, later);
    } catch (const nats_away&) {  // it comes again anyway
    }
  } else if (m.status == 0) {
    arrived_.push_back(std::move(m));
    asked_for_ = std::max(0, asked_for_ - 1);
  } else if (m.status != 100) {
    asked_for_ = 0;
    if (m.status != 408) not_before_ = last_heard_ + refused_pause;
    if (m.status == 503 || m.description.find("Consumer Deleted") != std::string::npos) around_.lost();
  }
  wake_.cancel();
}

void nats_lane::ask_for_more() {
  const auto nanoseconds = [](auto t) { return std::to_string(std::chrono::nanoseconds{t}.count()); };
  around_.link.send("$JS.API.CONSUMER.MSG.NEXT." + around_.settings.stream + "." + durable_,
                    "{\"batch\":" + std::to_string(ask_for) + ",\"expires\":" + nanoseconds(asked_until) +
                        ",\"idle_heartbeat\":" + nanoseconds(heartbeat) + "}",
                    around_.link.inbox(place_));
  asked_for_ = ask_for;
  last_heard_ = steady::now();
}

awaitable<void> nats_lane::pause(std::chrono::milliseconds t) {
  wake_.expires_after(t);
  boost::system::error_code ec;
  co_await wake_.async_wait(asio::redirect_error(use_awaitable, ec));
}

awaitable<void> nats_lane::run() {
  place_ = around_.link.listen([this](nats_message m) { take(std::move(m)); });
  while (!stopping_) {
    if (!arrived_.empty()) {
      nats_message next = std::move(arrived_.front());
      arrived_.pop_front();
      co_await handle(std::move(next));
      continue;
    }
    if (steady::now() - last_heard_ > no_life_after) asked_for_ = 0;
    auto wait = std::chrono::milliseconds{no_life_after};
    if (const auto rest = not_before_ - steady::now(); asked_for_ == 0 && rest > 0ms) {
      wait = std::chrono::ceil<std::chrono::milliseconds>(rest);
    } else if (asked_for_ == 0) {
      try {
        ask_for_more();
      } catch (const nats_away&) {
        wait = 1s;
      }
    }
    co_await pause(wait);
  }
  around_.link.forget(place_);
  for (const nats_message& m : arrived_) {  // let another replica have them at once
    in_hand_ = m.reply;
    answer("-NAK");
  }
  in_hand_.clear();
}

awaitable<void> nats_lane::take_slot() {
  if (around_.slots.free > 0) {
    --around_.slots.free;
    co_return;
  }
  asio::steady_timer turn{around_.link.context(), steady::time_point::max()};
  around_.slots.waiting.push_back(&turn);
  boost::system::error_code ec;
  co_await turn.async_wait(asio::redirect_error(use_awaitable, ec));
}

void nats_lane::give_slot() {
  if (around_.slots.waiting.empty()) {
    ++around_.slots.free;
  } else {  // handed on
    around_.slots.waiting.front()->cancel();
    around_.slots.waiting.pop_front();
  }
}

awaitable<void> nats_lane::handle(nats_message m) {
  const delivery_note note = note_of(m.reply);
  if (note.delivered > 1 && around_.redelivered != nullptr) around_.redelivered->Increment();
  in_hand_ = m.reply;
  auto read = from_cloudevent(m.data);
  const auto e = read ? std::make_shared<const event>(std::move(*read)) : nullptr;
  if (e && !whose_.wants(e->type)) {
    answer("+ACK");
    in_hand_.clear();
    co_return;
  }
  const auto give_up_at = steady::now() + held_at_most;
  verdict v;
  for (int attempt = 1;; ++attempt) {
    co_await take_slot();
    try {
      auto work =
          e ? consider(e, note.delivered, attempt > 1 || note.delivered > 1) : park_unreadable(note.sequence, m.data);
      v = co_await asio::co_spawn(around_.handlers, std::move(work), use_awaitable);
    } catch (const std::exception& failed) {
      log::error("bus: an event could not be considered", {{"durable", durable_}, {"error", failed.what()}});
      v = {.settled = false, .away = false, .again_after = away_pause};
    }
    give_slot();
    if (!v.away) break;
    v.again_after = away_pause;
    if (stopping_ || steady::now() > give_up_at) break;
    const auto until = steady::now() + pause_after(attempt);
    while (!stopping_ && steady::now() < until) co_await pause(50ms);
  }
  if (v.settled) {
    answer("+ACK");
  } else {
    const auto delay = stopping_ ? 0ms : v.again_after;
    answer("-NAK {\"delay\":" + std::to_string(std::chrono::nanoseconds{delay}.count()) + "}");
  }
  in_hand_.clear();
}

awaitable<nats_lane::verdict> nats_lane::consider(std::shared_ptr<const event> e, int delivered, bool again) {
  std::vector<consumer*> wanting = whose_.wanting(e->type);
  verdict all{.settled = true, .away = false, .again_after = {}};
  if (!again && wanting.size() > 1) {
    const std::array one{e.get()};
    const attempt_outcome outcome = co_await whose_.attempt_together(one);
    if (outcome.away) co_return verdict{.settled = false, .away = true, .again_after = {}};
    if (outcome.done()) wanting.clear();
  }
  for (consumer* each : wanting) {
    const verdict one = co_await consider_alone(*each, *e, delivered, again);
    if (one.away) co_return one;
    all.settled = all.settled && one.settled;
    all.again_after = std::max(all.again_after, one.again_after);
  }
  if (all.settled) co_await whose_.sweep_when_due();
  co_return all;
}

awaitable<nats_lane::verdict> nats_lane::consider_alone(consumer& whose, const event& e, int delivered, bool again) {
  attempt_outcome outcome;
  int attempts = 0;
  try {
    const bool suspicious = delivered >= suspicious_deliveries;
    if (suspicious) attempts = co_await whose.count_failure(e.id);
    if (attempts > around_.settings.max_attempts) {
      outcome.error = "delivered " + std::to_string(delivered) + " times without an end: does it end the process?";
    } else {
      outcome = co_await whose.attempt(e, again);
    }
    if (outcome.done()) co_return verdict{.settled = true, .away = false, .again_after = {}};
    if (outcome.away) {
      if (suspicious) co_await whose.uncount_failure(e.id);
      co_return verdict{.settled = false, .away = true, .again_after = {}};
    }
    if (!suspicious) attempts = co_await whose.count_failure(e.id);
    if (attempts >= around_.settings.max_attempts) {
      co_await whose.park(e.id, to_cloudevent(e), outcome.error, attempts);
      co_return verdict{.settled = true, .away = false, .again_after = {}};
    }
  } catch (const sql::database_error&) {
    co_return verdict{.settled = false, .away = true, .again_after = {}};
  }
  log::warn("bus: a consumer failed at an event and will try again", {{"consumer", whose.what().consumer},
                                                                      {"event", e.id},
                                                                      {"type", e.type},
                                                                      {"attempt", attempts},
                                                                      {"error", outcome.error}});
  co_return verdict{.settled = false, .away = false, .again_after = pause_after(attempts)};
}

awaitable<nats_lane::verdict> nats_lane::park_unreadable(std::int64_t sequence, std::string data) {
  std::ranges::replace_if(data, [](char c) { return c < ' ' || c > '~'; }, '?');
  try {
    co_await whose_.members().front()->park("sequence-" + std::to_string(sequence), data.substr(0, 64 * 1024),
                                            "no CloudEvents 1.0 JSON", 1);
    co_return verdict{.settled = true, .away = false, .again_after = {}};
  } catch (const sql::database_error&) {
    co_return verdict{.settled = false, .away = true, .again_after = {}};
  }
}

}  // namespace cumulo::bus
