#include "notification-service/stream/client.hpp"

#include <boost/asio/redirect_error.hpp>

#include "notification-service/stream/shard.hpp"

namespace cumulo::notifications {

shared_event make_live_event(stream_entry entry) {
  auto made = std::make_shared<live_event>();
  made->at = entry.at;
  made->wire.reserve(entry.data.size() + 96);
  made->wire.append("id: ").append(to_text(entry.at)).append("\nevent: ").append(entry.type);
  made->wire.append("\ndata: ").append(entry.data).append("\n\n");
  made->account_id = std::move(entry.account_id);
  made->type = std::move(entry.type);
  return made;
}

stream_filter::stream_filter(const auth::principal& who, std::vector<std::string> types)
    : tasks_(who.may(auth::scope_tasks_read)),
      notifications_(who.may(auth::scope_notifications_read)),
      types_(std::move(types)) {}

bool stream_filter::takes(std::string_view type) const {
  const bool about_tasks = type.starts_with("task.") || type.starts_with("project.");
  if (!(about_tasks ? tasks_ : notifications_)) return false;
  if (types_.empty()) return true;
  return std::ranges::any_of(types_, [&](std::string_view wanted) {
    if (!wanted.ends_with('*')) return wanted == type;
    return type.starts_with(wanted.substr(0, wanted.size() - 1));
  });
}

std::string_view to_text(stream_end why) {
  switch (why) {
    case stream_end::none: return "none";
    case stream_end::gone: return "gone";
    case stream_end::slow: return "slow";
    case stream_end::expired: return "expired";
    case stream_end::revoked: return "revoked";
  }
  return "";
}

stream_client::stream_client(std::shared_ptr<stream_shard> at, std::shared_ptr<const auth::principal> who,
                             stream_filter wants)
    : shard_(std::move(at)),
      who_(std::move(who)),
      filter_(std::move(wants)),
      signal_(shard_->context().get_executor()) {
  signal_.expires_at(clock_type::time_point::max());
}

stream_client::~stream_client() {
  if (joined_) shard_->remove(*this);
}

stream_position stream_client::join(stream_position after) {
  after_ = after;
  joined_ = true;
  shard_->add(*this);
  return shard_->reached();
}

stream_position stream_client::reached() const { return std::max(after_, shard_->reached()); }

void stream_client::offer(const shared_event& e) {
  if (end_ != stream_end::none || e->at <= after_ || !filter_.takes(e->type)) return;
  if (waiting_.size() >= most_waiting || waiting_bytes_ >= most_waiting_bytes) {
    end(stream_end::slow);
    if (cut_) cut_();
    return;
  }
  waiting_.push_back(e);
  waiting_bytes_ += e->wire.size();
  wake();
}

void stream_client::end(stream_end why) {
  if (end_ != stream_end::none) return;
  end_ = why;
  std::deque<shared_event>{}.swap(waiting_);
  waiting_bytes_ = 0;
  wake();
}

void stream_client::demand_reset() {
  reset_ = true;
  wake();
}

std::size_t stream_client::take(std::string& out, std::size_t room) {
  std::size_t taken = 0;
  while (!waiting_.empty() && out.size() < room) {
    out += waiting_.front()->wire;
    waiting_bytes_ -= waiting_.front()->wire.size();
    waiting_.pop_front();
    ++taken;
  }
  return taken;
}

awaitable<void> stream_client::wait() {
  if (has_events() || end_ != stream_end::none || beat_due_ || reset_) co_return;
  suspended_ = true;
  boost::system::error_code ignored;
  co_await signal_.async_wait(asio::redirect_error(use_awaitable, ignored));
}

void stream_client::wake() {
  if (!suspended_) return;
  suspended_ = false;
  signal_.cancel();
}

void stream_client::wrote(clock_type::time_point now, std::chrono::milliseconds interval) {
  beat_due_ = false;
  beat_at_ = now + interval;
}

void stream_client::look(clock_type::time_point now, instant today) {
  if (today >= who_->expires_at) {
    end(stream_end::expired);
  } else if (now >= beat_at_ && !beat_due_) {
    beat_due_ = true;
    wake();
  }
}

}  // namespace cumulo::notifications
