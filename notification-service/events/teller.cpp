#include "notification-service/events/teller.hpp"

#include "notification-service/domain/message_id.hpp"
#include "notification-service/events/delivery_seconds.hpp"
#include "notification-service/storage/gathering.hpp"
#include "notification-service/storage/notification_repository.hpp"

namespace cumulo::notifications {

teller::teller(const channel_set& channels, const clock& time, prometheus::Registry* metrics)
    : channels_(channels), time_(time) {
  if (metrics == nullptr) return;
  auto& family = prometheus::BuildCounter()
                     .Name("cumulo_notifications_made_total")
                     .Help("Notifications that the rules made, by what they are about.")
                     .Register(*metrics);
  for (const rule& each : rules) {
    made_[static_cast<std::size_t>(each.of)] = &family.Add({{"kind", std::string{each.name}}});
  }
  to_inbox_ = &delivery_seconds(*metrics, channel_name::inbox);
}

void teller::count(kind what) const {
  prometheus::Counter* counter = made_[static_cast<std::size_t>(what)];
  if (counter != nullptr) counter->Increment();
}

awaitable<void> teller::tell(sql::transaction& tx, const news& what, const std::string& account_id,
                             wording words) const {
  const profile who = co_await preference_repository::load(tx, account_id);
  co_await tell(tx, what, who, words);
}

awaitable<void> teller::tell(sql::transaction& tx, const news& what, const profile& who, wording words) const {
  if (who.erased || who.disabled) co_return;
  const instant now = time_.now();
  const occasion about{what.about, what.actor_id, what.project_id};
  const std::vector<telling> told = notifications::tell(about, who.wanted, {who.account_id, who.reader.zone}, now);
  if (told.empty()) co_return;

  content says = words(who.reader);
  if (!what.data.empty()) says.data = what.data;
  acceptance whole{message{.id = message_id(what.at, what.cause + who.account_id),
                           .sender_id = {},
                           .recipient_id = who.account_id,
                           .says = std::move(says),
                           .created_at = what.at,
                           .kind = std::string{to_text(what.about)}}};
  whole.accepted_at = now;
  std::optional<telling> gathered;
  for (const telling& each : told) {
    if (!channels_.at(each.through).configured()) continue;
    if (each.gathered) {
      gathered = each;
      continue;
    }
    const delivery_status status = channels_.at(each.through).deliver(whole);
    whole.deliveries.push_back({each.through, status, {}, each.at});
  }
  bool made = false;
  if (!whole.deliveries.empty()) {
    made = co_await notification_repository::accept(tx, whole);
    if (!made) co_return;  // told before
    if (whole.in_inbox && to_inbox_ != nullptr)
      to_inbox_->Observe(std::chrono::duration<double>(now - what.at).count());
  }
  if (gathered) {
    co_await gather(tx, whole.accepted, who.reader, gathered->at, now);
    made = true;
  }
  if (made) count(what.about);
}

}  // namespace cumulo::notifications
