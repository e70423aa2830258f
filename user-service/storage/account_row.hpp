#pragma once
// How an account is read from a row: the columns of every statement that returns accounts, in this order.
#include "platform/sql/database.hpp"
#include "user-service/domain/account.hpp"

#define CUMULO_ACCOUNT_COLUMNS                                                                                  \
  "id, email, name, timezone, locale, role, email_verified_at, disabled_at, erase_at, created_at, updated_at, " \
  "version"

/// "updated_at = …": `now`, but never earlier than before. Replicas' clocks differ, and whoever is told of an account
/// goes by the time of what it is told.
#define CUMULO_UPDATED_AT(now) "updated_at = CASE WHEN updated_at > " now " THEN updated_at ELSE " now " END"

namespace cumulo::users::storage {

inline constexpr int account_columns = 12;

inline std::optional<instant> optional_instant(const sql::row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_millis(row.integer(column));
}

inline account read_account(const sql::row& row) {
  return {.id = std::string{row.text(0)},
          .email = std::string{row.text(1)},
          .name = row.optional_text(2),
          .timezone = std::string{row.text(3)},
          .locale = std::string{row.text(4)},
          .role = role_from_text(row.text(5)),
          .email_verified_at = optional_instant(row, 6),
          .disabled_at = optional_instant(row, 7),
          .erase_at = optional_instant(row, 8),
          .created_at = from_millis(row.integer(9)),
          .updated_at = from_millis(row.integer(10)),
          .version = row.integer(11)};
}

}  // namespace cumulo::users::storage
