#include "notification-service/stream/shard.hpp"

namespace cumulo::notifications {

void stream_shard::add(stream_client& c) {
  c.index_ = all_.size();
  all_.push_back(&c);
  by_account_[c.who().account_id].push_back(&c);
  if (revoked_.name(c.who())) c.end(stream_end::revoked);  // since its request was let in
}

void stream_shard::remove(stream_client& c) {
  all_.back()->index_ = c.index_;
  all_[c.index_] = all_.back();
  all_.pop_back();
  const auto found = by_account_.find(c.who().account_id);
  std::erase(found->second, &c);
  if (found->second.empty()) by_account_.erase(found);
}

void stream_shard::deliver(const event_batch& batch) {
  for (const shared_event& e : batch.events) {
    const auto found = by_account_.find(std::string_view{e->account_id});
    if (found == by_account_.end()) continue;
    for (stream_client* c : found->second) c->offer(e);
  }
  reached_ = batch.reached;
  begun_ = true;
  if (batch.lost) {
    for (stream_client* c : all_) c->demand_reset();
  }
}

void stream_shard::look(stream_client::clock_type::time_point now, instant today) {
  const bool more_revoked = revoked_.refresh();
  for (stream_client* c : all_) {
    if (more_revoked && revoked_.name(c->who())) c->end(stream_end::revoked);
    c->look(now, today);
  }
}

}  // namespace cumulo::notifications
