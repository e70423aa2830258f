#pragma once
// Makes the notifications that the rules ask for, inside the transaction of what caused them.
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <string>

#include "notification-service/domain/rules.hpp"
#include "notification-service/domain/texts.hpp"
#include "notification-service/storage/preference_repository.hpp"

namespace cumulo::notifications {

/// Something to tell.
struct news {
  kind about{};
  std::string actor_id{};    ///< empty: nobody's doing
  std::string project_id{};  ///< empty: none
  std::string cause{};       ///< an event's id, or what else is one thing: told to each person once, however often
  instant at{};              ///< when it happened: where it stands in the inbox
  std::string data{};        ///< for programs: the text of a JSON object; empty: none
};
/// What it says to this reader. Runs inside the transaction: pure.
using wording = function_ref<content(const reader&)>;

/// Any thread. The channels and the clock outlive it. Counts
/// cumulo_notifications_made_total{kind}, and observes cumulo_delivery_seconds of the inbox.
class teller {
 public:
  teller(const channel_set& channels, const clock& time, prometheus::Registry* metrics);

  /// Tells one account as the rules and its preferences want; through channels that are configured here.
  awaitable<void> tell(sql::transaction& tx, const news& what, const std::string& account_id, wording words) const;
  awaitable<void> tell(sql::transaction& tx, const news& what, const profile& who, wording words) const;

  [[nodiscard]] instant now() const { return time_.now(); }

 private:
  void count(kind what) const;

  const channel_set& channels_;
  const clock& time_;
  std::array<prometheus::Counter*, rules.size()> made_{};
  prometheus::Histogram* to_inbox_{nullptr};
};

}  // namespace cumulo::notifications
