#include "platform/bus/consumer_group.hpp"

#include <algorithm>

#include "platform/observe/log.hpp"

namespace cumulo::bus {

std::vector<std::string> consumer_group::types() const {
  std::vector<std::string> all;
  for (const auto& each : members_) all.insert(all.end(), each->what().types.begin(), each->what().types.end());
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

bool consumer_group::wants(std::string_view type) const {
  return std::ranges::any_of(members_, [&](const auto& each) { return each->wants(type); });
}

std::vector<consumer*> consumer_group::wanting(std::string_view type) const {
  std::vector<consumer*> out;
  for (const auto& each : members_) {
    if (each->wants(type)) out.push_back(each.get());
  }
  return out;
}

awaitable<attempt_outcome> consumer_group::attempt_together(std::span<const event* const> events) {
  struct turn {
    consumer* whose;
    const event* what;
    std::array<sql::param, 3> record;
    trace::span span;
    bool is_new;
  };
  std::vector<turn> turns;
  for (const event* e : events) {
    for (consumer* each : wanting(e->type)) {
      turns.push_back({each, e, each->record_of(*e), each->begin_span(*e), false});
    }
  }
  std::vector<sql::command> records;
  for (const turn& each : turns) records.push_back({&consumer::record_consumed, each.record});
  auto handle = [&turns, &records](sql::transaction& tx) -> awaitable<void> {
    std::vector<std::uint64_t> recorded(records.size());
    co_await tx.execute_all(records, recorded);
    for (std::size_t i = 0; i < turns.size(); ++i) {
      turn& each = turns[i];
      each.is_new = recorded[i] > 0;
      const trace::scope active{each.span};
      if (each.is_new) co_await each.whose->what().handle(*each.what, tx);
    }
  };
  attempt_outcome outcome;
  try {
    co_await database().transact(std::move(handle));
  } catch (...) {
    outcome = judge_current_exception();
  }
  if (!outcome.error.empty()) {
    log::debug("bus: consumers could not handle an event together", {{"consumers", name()}, {"error", outcome.error}});
  }
  for (turn& each : turns) {
    if (outcome.done()) {
      each.whose->count_handled(each.is_new);
    } else {
      each.span.fail("to be attempted alone");
    }
  }
  co_return outcome;
}

awaitable<void> consumer_group::sweep_when_due() {
  for (const auto& each : members_) co_await each->sweep_when_due();
}

void join(std::vector<std::unique_ptr<consumer_group>>& groups, std::unique_ptr<consumer> next) {
  const auto mine = std::ranges::find_if(
      groups, [&](const auto& group) { return group->members().front()->what().database == next->what().database; });
  if (mine == groups.end()) {
    groups.push_back(std::make_unique<consumer_group>(std::move(next)));
  } else {
    (*mine)->add(std::move(next));
  }
}

}  // namespace cumulo::bus
