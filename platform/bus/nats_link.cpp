#include "platform/bus/nats_link.hpp"

#include <nats/nats.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>

#include "platform/core/id.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::bus {

namespace {

using namespace std::chrono_literals;

constexpr auto connect_patience = 2s;
constexpr auto ping_every = 5s;
constexpr int pings_without_answer = 2;
constexpr auto write_patience = 5s;
constexpr auto reconnect_after = 250ms;
constexpr auto reconnect_jitter = 500ms;
constexpr int reconnect_buffer = 1 << 20;
constexpr auto connect_again_after = 2s;
constexpr auto say_again_after = 60s;

void must(natsStatus status, const char* doing) {
  if (status != NATS_OK) throw std::runtime_error(std::string{doing} + ": " + natsStatus_GetText(status));
}

struct release {
  void operator()(natsOptions* o) const { natsOptions_Destroy(o); }
  void operator()(natsMsg* m) const { natsMsg_Destroy(m); }
  void operator()(natsSubscription* s) const { natsSubscription_Destroy(s); }
  void operator()(natsConnection* c) const { natsConnection_Destroy(c); }
};
template <class T>
using owned = std::unique_ptr<T, release>;

std::vector<std::string> split(const std::string& url) {
  std::vector<std::string> all;
  for (std::size_t from = 0; from <= url.size();) {
    const auto comma = std::min(url.find(',', from), url.size());
    std::string one = url.substr(from, comma - from);
    std::erase(one, ' ');
    if (!one.empty()) {
      // A scheme that is left out is that of the first.
      if (one.find("://") == std::string::npos && !all.empty()) one = all[0].substr(0, all[0].find("://") + 3) + one;
      all.push_back(std::move(one));
    }
    from = comma + 1;
  }
  return all;
}

std::string text_of(natsMsg* message, const char* header) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, header, &value) == NATS_OK ? value : "";
}

nats_message copy_of(natsMsg* m) {
  nats_message out{.subject = natsMsg_GetSubject(m),
                   .reply = natsMsg_GetReply(m) != nullptr ? natsMsg_GetReply(m) : "",
                   .data = std::string(natsMsg_GetData(m), static_cast<std::size_t>(natsMsg_GetDataLength(m))),
                   .status = 0,
                   .description = {}};
  if (const std::string status = text_of(m, "Status"); !status.empty()) {
    std::from_chars(status.data(), status.data() + status.size(), out.status);
    out.description = text_of(m, "Description");
  }
  return out;
}

/// What comes once for each connection, told by a thread of libnats.
class occasion {
 public:
  void tell() {
    const std::lock_guard lock(mutex_);
    ++told_;
    wake_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return told_ > 0; });
    --told_;
  }
  void wait_for(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, patience, [this] { return told_ > 0; })) --told_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  int told_{0};
};

}  // namespace

/// What libnats holds, and how it calls back. Outlives every callback: close() waits for the last one.
struct nats_link::library {
  nats_link* link{nullptr};
  owned<natsOptions> options;
  owned<natsConnection> connection;
  owned<natsSubscription> inbox;
  occasion closed, drained;

  static void on_message(natsConnection*, natsSubscription*, natsMsg* message, void* self) {
    const owned<natsMsg> ends{message};
    nats_link& to = *static_cast<library*>(self)->link;
    asio::post(to.context_, [&to, m = copy_of(message)]() mutable { to.take(std::move(m)); });
  }
  static void on_connected(natsConnection*, void* self) {
    nats_link& to = *static_cast<library*>(self)->link;
    asio::post(to.context_, [&to] { to.set_connected(true); });
  }
  static void on_disconnected(natsConnection*, void* self) {
    nats_link& to = *static_cast<library*>(self)->link;
    asio::post(to.context_, [&to] { to.set_connected(false); });
  }
  static void on_error(natsConnection*, natsSubscription*, natsStatus what, void*) {
    log::warn("bus: NATS reports a fault", {{"fault", natsStatus_GetText(what)}});
  }
  static void on_closed(natsConnection*, void* self) {
    nats_link& to = *static_cast<library*>(self)->link;
    asio::post(to.context_, [&to] { to.connect_again(); });
    to.library_->closed.tell();  // last: close() may end the link then
  }
  static void on_drained(void* self) { static_cast<library*>(self)->drained.tell(); }
};

nats_link::nats_link(const std::string& url, const nats_settings& settings)
    : library_(std::make_unique<library>()), patience_(settings.patience), inbox_("_INBOX." + new_id() + ".") {
  library_->link = this;
  const std::vector<std::string> servers = split(url);
  std::vector<const char*> pointers;
  for (const auto& each : servers) {
    if (!each.starts_with("nats://") && !each.starts_with("tls://")) {
      throw std::runtime_error("bus-url: nats://host:port or tls://host:port is expected, several separated by commas");
    }
    pointers.push_back(each.c_str());
  }
  if (servers.empty()) throw std::runtime_error("bus-url names no server");
  for (const std::string& file : {settings.credentials_file, settings.ca_file}) {
    if (!file.empty() && !std::ifstream{file}) throw std::runtime_error("bus: cannot read " + file);
  }
  natsOptions* made = nullptr;
  must(natsOptions_Create(&made), "bus");
  library_->options.reset(made);
  const auto ms = [](std::chrono::milliseconds t) { return t.count(); };
  must(natsOptions_SetServers(made, pointers.data(), static_cast<int>(pointers.size())), "bus-url");
  must(natsOptions_SetName(made, settings.client_name.c_str()), "bus");
  must(natsOptions_SetTimeout(made, ms(connect_patience)), "bus");
  must(natsOptions_SetPingInterval(made, ms(ping_every)), "bus");
  must(natsOptions_SetMaxPingsOut(made, pings_without_answer), "bus");
  must(natsOptions_SetWriteDeadline(made, ms(write_patience)), "bus");
  must(natsOptions_SetMaxReconnect(made, -1), "bus");
  must(natsOptions_SetReconnectWait(made, ms(reconnect_after)), "bus");
  must(natsOptions_SetReconnectJitter(made, ms(reconnect_jitter), ms(reconnect_jitter)), "bus");
  must(natsOptions_SetReconnectBufSize(made, reconnect_buffer), "bus");
  must(natsOptions_SetRetryOnFailedConnect(made, true, library::on_connected, library_.get()), "bus");
  must(natsOptions_SetReconnectedCB(made, library::on_connected, library_.get()), "bus");
  must(natsOptions_SetDisconnectedCB(made, library::on_disconnected, library_.get()), "bus");
  must(natsOptions_SetClosedCB(made, library::on_closed, library_.get()), "bus");
  must(natsOptions_SetErrorHandler(made, library::on_error, library_.get()), "bus");
  if (!settings.credentials_file.empty()) {
    must(natsOptions_SetUserCredentialsFromFiles(made, settings.credentials_file.c_str(), nullptr),
         "bus-credentials-file");
  }
  if (url.find("tls://") != std::string::npos) must(natsOptions_SetSecure(made, true), "bus-url");
  if (!settings.ca_file.empty()) {
    must(natsOptions_LoadCATrustedCertificates(made, settings.ca_file.c_str()), "bus-ca-file");
  }
}

nats_link::~nats_link() { close(); }

void nats_link::open(std::function<void()> changed, taker delivered) {
  changed_ = std::move(changed);
  delivered_ = std::move(delivered);
  work_.emplace(context_.get_executor());
  thread_ = std::thread{[this] { context_.run(); }};
  asio::post(context_, [this] { connect(); });
}

void nats_link::connect() {
  natsConnection* made = nullptr;
  const natsStatus status = natsConnection_Connect(&made, library_->options.get());
  library_->connection.reset(made);
  if (made == nullptr) {  // it does not try again by itself: the credentials are refused, for one
    const auto now = std::chrono::steady_clock::now();
    if (now - said_ > say_again_after) {
      said_ = now;
      log::error("bus: the connection to NATS cannot be made", {{"error", natsStatus_GetText(status)}});
    }
    return connect_later();
  }
  natsSubscription* inbox = nullptr;
  const natsStatus subscribed =
      natsConnection_Subscribe(&inbox, made, (inbox_ + ">").c_str(), library::on_message, library_.get());
  if (subscribed != NATS_OK) {
    log::error("bus: NATS takes no subscription", {{"error", natsStatus_GetText(subscribed)}});
    natsConnection_Close(made);
    return;
  }
  library_->inbox.reset(inbox);
  natsSubscription_SetOnCompleteCB(inbox, library::on_drained, library_.get());
  if (status == NATS_OK) {
    set_connected(true);
  } else {
    log::warn("bus: NATS cannot be reached; connecting goes on", {{"error", natsStatus_GetText(status)}});
  }
}

void nats_link::connect_later() {
  later_.emplace(context_, connect_again_after);
  later_->async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && !closing_) connect();
  });
}

/// The connection is closed: by us, or by libnats, which gives up for good once a server has refused it twice. It may
/// be that somebody puts the credentials right, or that the server was too busy to look at them in time.
void nats_link::connect_again() {
  if (closing_) return;
  log::warn("bus: NATS has refused the connection; it will be made anew", {});
  set_connected(false);
  library_->closed.wait();
  if (library_->inbox) library_->drained.wait_for(connect_patience);
  library_->inbox.reset();
  library_->connection.reset();
  connect_later();
}

void nats_link::close() {
  if (!thread_.joinable()) return;
  auto end = [this] {
    closing_ = true;
    later_.reset();
    if (library_->connection) natsConnection_Close(library_->connection.get());
  };
  std::promise<void> ended;
  asio::post(context_, [&] {
    end();
    ended.set_value();
  });
  ended.get_future().wait();
  if (library_->connection) library_->closed.wait();
  if (library_->inbox) library_->drained.wait();
  asio::post(context_, [this] {
    set_connected(false);
    asio::post(context_, [this] { context_.stop(); });
  });
  thread_.join();
  library_->inbox.reset();
  library_->connection.reset();
}

std::string nats_link::server() const {
  std::array<char, 256> url{};
  if (!library_->connection ||
      natsConnection_GetConnectedUrl(library_->connection.get(), url.data(), url.size()) != NATS_OK) {
    return {};
  }
  std::string_view place{url.data()};
  if (const auto scheme = place.find("://"); scheme != std::string_view::npos) place.remove_prefix(scheme + 3);
  if (const auto at = place.rfind('@'); at != std::string_view::npos) place.remove_prefix(at + 1);
  return std::string{place};
}

void nats_link::set_connected(bool yes) {
  if (connected_.exchange(yes) == yes && !yes) return;
  if (!yes) {
    for (const auto& [place, take] : std::map{places_}) {
      if (places_.contains(place)) take({});
    }
  }
  if (changed_) changed_();
}

void nats_link::take(nats_message message) {
  if (!message.subject.starts_with(inbox_)) {
    delivered_(std::move(message));
    return;
  }
  std::uint64_t place = 0;
  const char* first = message.subject.data() + inbox_.size();
  if (std::from_chars(first, message.subject.data() + message.subject.size(), place).ec != std::errc{}) return;
  const auto found = places_.find(place);
  if (found == places_.end()) return;
  const taker take = found->second;  // it may forget itself
  take(std::move(message));
}

void nats_link::send(const std::string& subject, std::string_view data, const std::string& reply,
                     const char* message_id) {
  if (!connected_) throw nats_away("no connection to NATS");
  natsMsg* made = nullptr;
  natsStatus status = natsMsg_Create(&made, subject.c_str(), reply.empty() ? nullptr : reply.c_str(), data.data(),
                                     static_cast<int>(data.size()));
  const owned<natsMsg> message{made};
  if (status == NATS_OK && message_id != nullptr) status = natsMsgHeader_Set(made, "Nats-Msg-Id", message_id);
  if (status == NATS_OK) status = natsConnection_PublishMsg(library_->connection.get(), made);
  if (status != NATS_OK) throw nats_away(std::string{"NATS takes nothing: "} + natsStatus_GetText(status));
}

std::uint64_t nats_link::listen(taker take) {
  places_.emplace(++next_place_, std::move(take));
  return next_place_;
}

awaitable<nats_message> nats_link::request(std::string subject, std::string data) {
  asio::steady_timer answered{co_await asio::this_coro::executor, patience_};
  std::optional<nats_message> answer;
  const auto place = listen([&](nats_message m) {
    answer = std::move(m);
    answered.cancel();
  });
  const std::shared_ptr<void> forgets{nullptr, [this, place](void*) { forget(place); }};
  send(subject, data, inbox(place));
  boost::system::error_code ec;
  if (!answer) co_await answered.async_wait(asio::redirect_error(use_awaitable, ec));
  if (!answer) throw nats_away("NATS does not answer");
  if (answer->subject.empty()) throw nats_away("the connection to NATS was lost");
  if (answer->status == 503) throw nats_away("JetStream does not answer: is it enabled?");
  co_return std::move(*answer);
}

}  // namespace cumulo::bus
