#pragma once
// One lane of a group of consumers: gets events one by one, has them handled, and tells the server; private to this
// room. On the link's thread, except that handlers run on an I/O thread.
#include <boost/asio/steady_timer.hpp>
#include <deque>

#include "platform/bus/consumer_group.hpp"
#include "platform/bus/nats_link.hpp"

namespace prometheus {
class Counter;  // NOLINT(readability-identifier-naming)
}

namespace cumulo::bus {

/// How many handlers may run side by side on one engine.
struct handler_slots {
  std::size_t free;
  std::deque<asio::steady_timer*> waiting{};
};

class nats_lane {
 public:
  struct surroundings {
    nats_link& link;
    const nats_settings& settings;
    asio::io_context& handlers;  ///< of an I/O thread
    handler_slots& slots;
    prometheus::Counter* redelivered;
    std::function<void()> lost;  ///< the durable is not there: it must be set up again
  };
  nats_lane(consumer_group& whose, std::size_t number, surroundings around);

  /// Works until stop().
  awaitable<void> run();
  void stop();
  /// The durable is there (again): asks for events anew.
  void resume();
  /// An event, or what the server says of a request for events.
  void take(nats_message m);
  /// Tells the server that what is in hand is still being worked on.
  void say_in_progress();
  [[nodiscard]] const std::string& durable() const { return durable_; }
  [[nodiscard]] consumer_group& whose() const { return whose_; }
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  struct verdict {
    bool settled{false};                       ///< acted on, or parked
    bool away{false};                          ///< the database is
    std::chrono::milliseconds again_after{0};  ///< otherwise
  };
  void ask_for_more();
  awaitable<void> handle(nats_message m);
  /// `again`: somebody may have failed at it, so that each attempts it alone.
  awaitable<verdict> consider(std::shared_ptr<const event> e, int delivered, bool again);
  awaitable<verdict> consider_alone(consumer& whose, const event& e, int delivered, bool again);
  awaitable<verdict> park_unreadable(std::int64_t sequence, std::string data);
  awaitable<void> take_slot();
  void give_slot();
  awaitable<void> pause(std::chrono::milliseconds t);
  void answer(std::string_view what);

  consumer_group& whose_;
  std::size_t number_;
  surroundings around_;
  std::string durable_;
  asio::steady_timer wake_;
  std::uint64_t place_{0};
  std::deque<nats_message> arrived_;
  std::string in_hand_;  ///< where to answer for the event being handled
  int asked_for_{0};     ///< events that the server may still send without being asked
  std::chrono::steady_clock::time_point last_heard_{}, not_before_{};
  bool stopping_{false};
};

}  // namespace cumulo::bus
