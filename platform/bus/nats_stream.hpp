#pragma once
// The stream and its consumers on the server: made, checked, brought up to date; private to this room. Called on the
// link's thread. All throw nats_away when the server does not answer, std::runtime_error when it refuses.
#include <string>
#include <string_view>
#include <vector>

#include "platform/bus/consumer_group.hpp"
#include "platform/bus/nats_link.hpp"

namespace cumulo::bus {

/// Into how many parts the subjects are divided. Part of every address in the stream: never changed.
inline constexpr std::size_t nats_lanes = 8;

[[nodiscard]] std::size_t lane_of(std::string_view subject);
/// "cumulo.events.3.io.cumulo.task.created.v1". std::runtime_error for a type that NATS cannot have in a subject.
[[nodiscard]] std::string address_of(const nats_settings& settings, const event& e);
/// What a lane's consumer must receive to see all of these types ("io.cumulo.task.*" is "….io.cumulo.task.>"); none of
/// them covers another.
[[nodiscard]] std::vector<std::string> filters_of(const nats_settings& settings, const std::vector<std::string>& types,
                                                  std::size_t lane);
/// "notification-service-accounts-5be1f2a7-3": another set of types is another consumer, since one whose filter changed
/// would never see what it passed over.
[[nodiscard]] std::string durable_name(const std::string& consumer, const std::vector<std::string>& types,
                                       std::size_t lane);
/// Of a group of several, who share it: by the first consumer, and another one whenever any of them wants other types
/// or comes or goes.
[[nodiscard]] std::string durable_name(const consumer_group& whose, std::size_t lane);

/// Makes the stream, or brings it to these settings. "" if it is as it must be; otherwise what makes it less than
/// durable and cannot be changed.
awaitable<std::string> ensure_stream(nats_link& link, const nats_settings& settings);

struct consumer_state {
  std::int64_t pending{0};  ///< not yet delivered
  std::int64_t in_hand{0};  ///< delivered, not yet acknowledged
};
/// Makes the group's durable, or brings it up to date. A new one begins before whatever any of its consumers has yet to
/// see: one that is new with the first event kept, one whose types have changed where it was, others where their
/// durables have got to, or, if they have seen everything, where the furthest of them has.
awaitable<void> ensure_consumer(nats_link& link, const nats_settings& settings, const consumer_group& whose,
                                std::size_t lane);
awaitable<consumer_state> state_of(nats_link& link, const nats_settings& settings, std::string durable);

/// Where one delivered event stands, from its reply address ("$JS.ACK.…").
struct delivery_note {
  std::string_view durable{};  ///< into the address
  int delivered{1};            ///< the how manyth time
  std::int64_t sequence{0};
};
[[nodiscard]] delivery_note note_of(std::string_view reply);

}  // namespace cumulo::bus
