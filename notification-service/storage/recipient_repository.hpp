#pragma once
// The people who can be addressed: a projection of the user-service's events.
#include <functional>
#include <optional>
#include <string>

#include "platform/core/clock.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

struct recipient {
  std::string account_id;
  std::optional<std::string> email{};
  bool erased{false};
};

/// An account as the event about it says; what it leaves out is not known any more.
struct recipient_state {
  std::string account_id;
  std::optional<std::string> email{};
  std::optional<bool> email_verified{};
  std::optional<std::string> name{};
  std::optional<std::string> locale{};
  std::optional<std::string> timezone{};
  instant as_of{};
};

class recipient_repository {
 public:
  explicit recipient_repository(sql::database& store) : store_(store) {}

  awaitable<std::optional<recipient>> find_recipient(const std::string& account_id);
  /// The account that has this address (in any case of letters) according to the latest event; erased ones are not
  /// found.
  awaitable<std::optional<recipient>> find_recipient_by_email(const std::string& email);

  /// The person's name, within a transaction; empty if none is known.
  static awaitable<std::string> name_of(sql::transaction& tx, const std::string& account_id);

  /// Within the transaction that consumes the event. An event older than what is stored, or about an erased account,
  /// changes nothing.
  static awaitable<void> remember(sql::transaction& tx, const recipient_state& state);
  /// Whether the account may be used. An event older than the latest of these changes nothing.
  static awaitable<void> remember_access(sql::transaction& tx, const std::string& account_id, bool disabled,
                                         instant as_of);
  /// Forgets the person and everything that was sent to or kept for them; what they sent to others stays, without their
  /// name. The account id stays as erased, so that a late event does not bring them back. Of what is much, the first
  /// piece goes within `tx`, and the rest with erase_rest().
  static awaitable<void> erase(sql::transaction& tx, const std::string& account_id, instant as_of);
  /// Erases what erase() has left, a piece in a transaction, until `stopping` says so between two.
  awaitable<void> erase_rest(const std::function<bool()>& stopping);

 private:
  sql::database& store_;
};

}  // namespace cumulo::notifications
