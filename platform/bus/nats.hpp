#pragma once
// Events between processes, over NATS JetStream.
//
// One stream (file storage) holds every event under <subject_root>.<lane>.<type>; the lane is a hash of the event's
// subject. The consumers of one database have a durable pull consumer of each lane, with one event in hand at a time,
// whoever of the replicas got it: so order holds per subject across replicas, and a subject whose event is being
// retried holds up its lane and no other. docs/adr/0013 has the reasons.
//
//   publish   with Nats-Msg-Id = event id; events of one subject go one after the other; returns after every ack
//   consume   explicit ack after the handler's transaction; a failure is a nak with back-off; the count of attempts is
//             kept in event_attempts; from `max_attempts` on the event is parked (parked.hpp) and acknowledged
//   away      a consumer's database that cannot be used is no attempt: the event is held, the server told so
//
// A consumer new to the stream begins with the oldest event kept; one whose types have changed goes on where it was.
#include "platform/bus/bus.hpp"

namespace cumulo::bus {

struct nats_settings {
  std::string credentials_file{};  ///< of a decentralised account (.creds); empty: none
  std::string ca_file{};           ///< certificates that tls:// servers are verified with; empty: the system's
  std::string client_name{"cumulo"};
  std::string stream{"CUMULO"};
  std::string subject_root{"cumulo.events"};
  int replicas{1};                        ///< an existing stream with more keeps them
  std::chrono::milliseconds retention{};  ///< how long the stream keeps events, consumed or not; 0: 14 days
  std::int64_t max_bytes{-1};             ///< the stream then refuses more (the outbox keeps them); -1: no limit
  std::chrono::milliseconds duplicates{600'000};  ///< how long the server knows an event's id
  std::chrono::milliseconds ack_wait{30'000};  ///< a replica that says nothing for so long loses its event to another
  std::chrono::milliseconds patience{5'000};   ///< for an answer of the server
  int max_attempts{5};
  /// Asks whether every server writes each event through to its disk before it acknowledges. "" if so; otherwise why
  /// not, or why it is not known. Blocks; called every minute on a thread of its own. None: not known.
  std::function<std::string()> synced{};
};

/// `url`: "nats://[user:password@]host:port", several separated by commas; tls:// for TLS. Connects in start(),
/// and again whenever the connection is lost. Handlers run on `threads`; libnats has threads of its own, and what it
/// may block on happens on one of the broker's. Metrics: cumulo_bus_connected, cumulo_bus_durable,
/// cumulo_events_published_total, cumulo_events_redelivered_total{consumer} and cumulo_consumer_pending{consumer}, both
/// of the first consumer of a database for all of them, and those of every broker. Throws std::runtime_error for a URL
/// or a file that cannot be used.
[[nodiscard]] std::unique_ptr<broker> make_nats_broker(const std::string& url, nats_settings settings,
                                                       io_threads& threads, prometheus::Registry* metrics);

/// The oldest server that keeps what it has acknowledged when it is killed.
inline constexpr std::array<int, 3> oldest_durable_nats{2, 10, 27};
/// "" if a server of this version is as new; otherwise a sentence.
[[nodiscard]] std::string judge_version(const std::string& version);

}  // namespace cumulo::bus
