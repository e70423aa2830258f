#pragma once
// The ways to reach a person. A channel takes part in accepting a message; what it must still do afterwards (send a
// mail) waits as a pending delivery for its worker.
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "notification-service/domain/message.hpp"

namespace cumulo::notifications {

enum class channel_name { inbox, email, webhook, push };
inline constexpr std::array channel_names{channel_name::inbox, channel_name::email, channel_name::webhook,
                                          channel_name::push};
[[nodiscard]] std::string_view to_text(channel_name name);
[[nodiscard]] std::optional<channel_name> parse_channel(std::string_view text);

enum class delivery_status {
  scheduled,  ///< waits for its send_at
  pending,    ///< accepted; a worker will try, and try again
  delivered,  ///< the recipient has it
  failed,     ///< given up: refused for good, or past the deadline. An administrator may replay it
  cancelled,  ///< called back by its sender before it went out
  disabled,   ///< the channel does not lead to the recipient: nothing was or will be sent
};
inline constexpr std::array delivery_statuses{delivery_status::scheduled, delivery_status::pending,
                                              delivery_status::delivered, delivery_status::failed,
                                              delivery_status::cancelled, delivery_status::disabled};
[[nodiscard]] std::string_view to_text(delivery_status status);
[[nodiscard]] std::optional<delivery_status> parse_status(std::string_view text);

struct delivery {
  channel_name channel{};
  delivery_status status{};
  std::string target{};                 ///< which of several endpoints; empty: all of the channel
  std::optional<instant> not_before{};  ///< of a pending one: later than the message's own time
};

/// Everything that one POST /notify leads to. It is stored as a whole or not at all.
struct acceptance {
  message accepted;
  bool in_inbox{false};
  std::vector<delivery> deliveries{};
  std::optional<instant> accepted_at{};  ///< absent: when the message was made

  /// A channel that has yet to deliver needs the content; otherwise only the outcome is kept.
  [[nodiscard]] bool has_pending() const;
};

class channel {
 public:
  virtual ~channel() = default;
  [[nodiscard]] virtual channel_name name() const = 0;
  /// Can this installation deliver through it at all?
  [[nodiscard]] virtual bool configured() const = 0;
  /// Adds to `into` what must be stored with the acceptance, and says how far that brings the message. Does no I/O.
  [[nodiscard]] virtual delivery_status deliver(acceptance& into) const = 0;
};

/// Delivered by being stored: the acceptance itself puts the message before its reader.
class inbox_channel final : public channel {
 public:
  [[nodiscard]] channel_name name() const override { return channel_name::inbox; }
  [[nodiscard]] bool configured() const override { return true; }
  [[nodiscard]] delivery_status deliver(acceptance& into) const override;
};

/// Delivered later by a `sender` that the delivery engine calls (delivery/sender.hpp).
class queued_channel final : public channel {
 public:
  explicit queued_channel(channel_name name) : name_(name) {}
  [[nodiscard]] channel_name name() const override { return name_; }
  [[nodiscard]] bool configured() const override { return true; }
  [[nodiscard]] delivery_status deliver(acceptance& /*into*/) const override { return delivery_status::pending; }

 private:
  channel_name name_;
};

/// A channel that exists in the contract and for which nothing is configured here.
class unconfigured_channel final : public channel {
 public:
  explicit unconfigured_channel(channel_name name) : name_(name) {}
  [[nodiscard]] channel_name name() const override { return name_; }
  [[nodiscard]] bool configured() const override { return false; }
  [[nodiscard]] delivery_status deliver(acceptance& into) const override;

 private:
  channel_name name_;
};

/// Every channel of the contract, one each. Immutable after construction; any thread.
class channel_set {
 public:
  /// Those given, and an unconfigured one for every name that is missing.
  explicit channel_set(std::vector<std::unique_ptr<channel>> configured);
  [[nodiscard]] const channel& at(channel_name name) const;
  /// Runs `message` through the channels named, in their order. One that is to be sent later than it was made is only
  /// scheduled on those that are configured.
  [[nodiscard]] acceptance accept(message accepted, const std::vector<channel_name>& through) const;

 private:
  std::array<std::unique_ptr<channel>, channel_names.size()> channels_;
};

}  // namespace cumulo::notifications
