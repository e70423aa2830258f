#include "notification-service/domain/rules.hpp"

namespace cumulo::notifications {

std::vector<telling> tell(const occasion& what, const preferences& wanted, const listener& who, instant now) {
  const rule& r = rule_of(what.about);
  if (!r.tells_actor && !what.actor_id.empty() && what.actor_id == who.account_id) return {};
  if (r.mutes && !what.project_id.empty() && wanted.mutes(what.project_id)) return {};

  std::vector<telling> told;
  for (const channel_name through : channel_names) {
    if (!wanted.wants(what.about, through)) continue;
    telling one{through, now, r.gathers && through == channel_name::email};
    if (one.gathered) one.at += gathering_time;
    if (r.waits && through != channel_name::inbox && wanted.quiet_hours) {
      one.at = after(*wanted.quiet_hours, one.at, who.zone);
    }
    told.push_back(one);
  }
  return told;
}

}  // namespace cumulo::notifications
