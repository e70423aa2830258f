#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "notification-service/domain/unsubscribe.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// Makes and reads the links at the end of mails, signed with a secret that all replicas find in the database. On I/O
/// threads; throws sql::database_error.
class unsubscribe_links {
 public:
  /// `public_url`: the address of this installation.
  unsubscribe_links(sql::database& store, std::string public_url) : store_(store), url_(std::move(public_url)) {
    if (url_.ends_with('/')) url_.pop_back();
  }

  /// For the header List-Unsubscribe; List-Unsubscribe-Post is "List-Unsubscribe=One-Click". Empty for kinds that
  /// are not in the preferences ("direct").
  awaitable<std::string> unsubscribe_url(std::string account_id, std::string kind);
  /// Nothing if we signed no such token.
  awaitable<std::optional<unsubscription>> verify(std::string token);

 private:
  awaitable<std::string> secret();

  sql::database& store_;
  std::string url_;
  std::mutex mutex_;
  std::string secret_;  ///< empty: not read yet
};

}  // namespace cumulo::notifications
