#include "platform/bus/parked.hpp"

#include "platform/bus/consumer.hpp"

namespace cumulo::bus {

namespace {

const sql::statement list{"bus.list_parked",
                          "SELECT consumer, event_id, envelope, error, parked_at, attempts FROM parked_events "
                          "WHERE ?1 = '' OR consumer = ?1 ORDER BY parked_at, event_id LIMIT ?2"};
const sql::statement take_out{"bus.take_out_parked",
                              "DELETE FROM parked_events WHERE consumer = ?1 AND event_id = ?2 RETURNING envelope"};
const sql::statement note_failure{"bus.note_replay_failure",
                                  "UPDATE parked_events SET error = ?3, attempts = attempts + 1 "
                                  "WHERE consumer = ?1 AND event_id = ?2"};

}  // namespace

awaitable<std::vector<parked_event>> list_parked(sql::database& where, std::string consumer, int limit) {
  std::vector<parked_event> all;
  auto take = [&all](const sql::row& r) {
    const auto envelope = from_cloudevent(r.text(2));
    all.push_back({.consumer = std::string{r.text(0)},
                   .event_id = std::string{r.text(1)},
                   .type = envelope ? envelope->type : "",
                   .error = std::string{r.text(3)},
                   .parked_at = from_millis(r.integer(4)),
                   .attempts = static_cast<int>(r.integer(5))});
  };
  const std::array values{sql::param{consumer}, sql::param{limit}};
  co_await where.query_slow(list, values, take);
  co_return all;
}

awaitable<replayed> replay_parked(const subscription& whose, std::string event_id) {
  bool found = false;
  auto handle_again = [&](sql::transaction& tx) -> awaitable<void> {
    std::string envelope;
    auto take = [&envelope](const sql::row& r) { envelope = r.text(0); };
    const std::array values{sql::param{whose.consumer}, sql::param{event_id}};
    found = co_await tx.execute(take_out, values, take) > 0;
    if (!found) co_return;
    const auto e = from_cloudevent(envelope);
    if (!e) throw std::runtime_error("no CloudEvents 1.0 JSON");
    co_await whose.handle(*e, tx);
  };
  attempt_outcome outcome;
  try {
    co_await whose.database->transact(std::move(handle_again));
  } catch (...) {
    outcome = judge_current_exception();
  }
  if (outcome.away) std::rethrow_exception(outcome.away);
  if (outcome.done()) co_return replayed{found ? replay_outcome::done : replay_outcome::not_there, {}};
  const std::array values{sql::param{whose.consumer}, sql::param{event_id}, sql::param{outcome.error}};
  const std::array commands{sql::command{&note_failure, values}};
  co_await whose.database->write(commands);
  co_return replayed{replay_outcome::failed, outcome.error};
}

}  // namespace cumulo::bus
