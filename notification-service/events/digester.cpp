#include "notification-service/events/digester.hpp"

namespace cumulo::notifications {

namespace {

constexpr int batch = 100;
constexpr local_day days_of_week = 7;

/// What `who` should know on this day.
awaitable<digest_facts> facts_for(sql::transaction& tx, const profile& who, local_day day, instant now) {
  const digest_settings& wanted = who.wanted.digest;
  const bool is_weekly = wanted.weekly && weekday_of(day) == wanted.weekday;
  const std::string& zone = who.reader.zone;
  const instant end_of_day = at_local(day + 1, 0, zone);
  const instant until = is_weekly ? at_local(day + days_of_week, 0, zone) : end_of_day;
  digest_facts facts;
  auto take = [&](const agenda_item& task) {
    if (who.wanted.mutes(task.project_id)) return;
    std::int64_t& count = task.due_at < now ? facts.overdue : task.due_at < end_of_day ? facts.today : facts.this_week;
    ++count;
    if (facts.tasks.size() >= most_digest_tasks) return;
    facts.tasks.push_back({std::string{task.task_id}, std::string{task.title}, std::string{task.due}, task.due_at});
  };
  co_await digest_repository::read_agenda(tx, who.account_id, until, take);
  co_return facts;
}

}  // namespace

awaitable<int> digester::run(const std::function<bool()>& stopping) {
  int taken = 0;
  for (;;) {
    const std::vector<due_digest> due = co_await digests_.list_due(teller_.now(), batch);
    for (const due_digest& each : due) {
      if (stopping()) co_return taken;
      const bool mine = co_await try_to_take(each);
      if (mine) ++taken;
    }
    if (due.size() < batch) co_return taken;
  }
}

awaitable<bool> digester::try_to_take(const due_digest& what) {
  try {
    co_return co_await take(what);
  } catch (const sql::database_error& e) {
    if (e.kind() != sql::failure::serialization) throw;  // otherwise it is another replica's
  }
  co_return false;
}

awaitable<bool> digester::take(const due_digest& what) {
  const instant now = teller_.now();
  auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    const profile who = co_await preference_repository::load(tx, what.account_id);
    const auto next = next_digest(who.wanted.digest, who.reader.zone, now, what.day);
    if (!co_await digest_repository::claim(tx, what, next)) co_return false;
    if (now - what.at > digest_patience) co_return true;
    const digest_facts facts = co_await facts_for(tx, who, what.day, now);
    if (facts.tasks.empty()) co_return true;
    const news told{.about = kind::digest, .cause = "digest " + std::to_string(what.day), .at = what.at};
    auto words = [&](const reader& r) { return digest_text(r, facts); };
    co_await teller_.tell(tx, told, who, words);
    co_return true;
  };
  co_return co_await store_.transact(body);
}

}  // namespace cumulo::notifications
