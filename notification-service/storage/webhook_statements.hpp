#pragma once
// The SQL of webhook_repository.
#include "platform/sql/database.hpp"

namespace cumulo::notifications::statements {

#define CUMULO_WEBHOOK_COLUMNS                                                                          \
  "SELECT id, account_id, name, url, format, events, secret, old_secret, old_secret_until, paused_at, " \
  "paused_because, failing_since, failures, last_success_at, created_at, updated_at, version FROM webhooks "

#define CUMULO_ATTEMPT_COLUMNS                                                                                      \
  "SELECT a.webhook_id, a.id, a.message_id, a.type, a.attempt, a.at, a.request_headers, a.request_body, a.status, " \
  "a.response_headers, a.response_body, a.took_ms, a.error FROM webhook_attempts a "                                \
  "JOIN webhooks w ON w.id = a.webhook_id "

/// What was sent of tasks and projects is only for who may read them (1).
#define CUMULO_MAY_SEE_ATTEMPT(reads_tasks) \
  "(" reads_tasks " = 1 OR a.type LIKE 'notification.%' OR a.type LIKE 'webhook.%')"

inline constexpr sql::statement insert_webhook{
    "webhook.insert",
    "INSERT INTO webhooks (id, account_id, name, url, format, events, secret, created_at, updated_at, version, "
    "paused_at, paused_because) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 1, ?9, ?10)"};

inline constexpr sql::statement count_webhooks{"webhook.count", "SELECT COUNT(*) FROM webhooks WHERE account_id = ?1"};

inline constexpr sql::statement find_webhook{"webhook.find",
                                             CUMULO_WEBHOOK_COLUMNS "WHERE account_id = ?1 AND id = ?2"};
inline constexpr sql::statement find_webhook_for_change{
    "webhook.find_for_change", CUMULO_WEBHOOK_COLUMNS "WHERE account_id = ?1 AND id = ?2",
    CUMULO_WEBHOOK_COLUMNS "WHERE account_id = ?1 AND id = ?2 FOR UPDATE"};
inline constexpr sql::statement find_endpoint{"webhook.find_endpoint", CUMULO_WEBHOOK_COLUMNS "WHERE id = ?1"};
inline constexpr sql::statement list_webhooks{
    "webhook.list", CUMULO_WEBHOOK_COLUMNS "WHERE account_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
inline constexpr sql::statement find_any{"webhook.find_any", "SELECT 1 FROM webhooks LIMIT 1"};

inline constexpr sql::statement list_active{
    "webhook.list_active", CUMULO_WEBHOOK_COLUMNS
    "WHERE account_id = ?1 AND paused_at IS NULL AND NOT EXISTS "
    "(SELECT 1 FROM recipients r WHERE r.account_id = ?1 AND r.disabled = 1) ORDER BY id"};

inline constexpr sql::statement update_webhook{
    "webhook.update",
    "UPDATE webhooks SET name = ?2, url = ?3, format = ?4, events = ?5, secret = ?6, old_secret = ?7, "
    "old_secret_until = ?8, paused_at = ?9, paused_because = ?10, failing_since = ?11, failures = ?12, "
    "updated_at = ?13, version = ?14 WHERE id = ?1"};
inline constexpr sql::statement delete_webhook{"webhook.delete", "DELETE FROM webhooks WHERE id = ?1"};

inline constexpr sql::statement note_success{
    "webhook.note_success",
    "UPDATE webhooks SET failing_since = NULL, failures = 0, last_success_at = ?2 WHERE id = ?1"};
inline constexpr sql::statement note_failure{
    "webhook.note_failure",
    "UPDATE webhooks SET failing_since = COALESCE(failing_since, ?2), failures = failures + 1 WHERE id = ?1 "
    "RETURNING failing_since, failures, paused_at"};
inline constexpr sql::statement pause_webhook{
    "webhook.pause",
    "UPDATE webhooks SET paused_at = ?2, paused_because = ?3, updated_at = ?2, version = version + 1 "
    "WHERE id = ?1 AND paused_at IS NULL"};

inline constexpr sql::statement pause_all{
    "webhook.pause_all",
    "UPDATE webhooks SET paused_at = ?2, paused_because = ?3, updated_at = ?2, version = version + 1 "
    "WHERE account_id = ?1 AND paused_at IS NULL"};

/// Nothing if the endpoint is gone.
inline constexpr sql::statement insert_attempt{
    "webhook.insert_attempt",
    "INSERT INTO webhook_attempts (webhook_id, id, message_id, type, attempt, at, request_headers, request_body, "
    "status, response_headers, response_body, took_ms, error) "
    "SELECT w.id, ?2, ?3, ?4, CAST(?5 AS BIGINT), CAST(?6 AS BIGINT), ?7, ?8, CAST(?9 AS BIGINT), ?10, ?11, "
    "CAST(?12 AS BIGINT), ?13 FROM webhooks w WHERE w.id = ?1"};
inline constexpr sql::statement trim_attempts{
    "webhook.trim_attempts",
    "DELETE FROM webhook_attempts WHERE webhook_id = ?1 AND id <= "
    "(SELECT id FROM webhook_attempts WHERE webhook_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"};
inline constexpr sql::statement list_attempts{
    "webhook.list_attempts",
    CUMULO_ATTEMPT_COLUMNS "WHERE w.account_id = ?1 AND a.webhook_id = ?2 AND a.id < ?3 AND " CUMULO_MAY_SEE_ATTEMPT(
        "?5") " ORDER BY a.id DESC LIMIT ?4"};
inline constexpr sql::statement find_attempt{
    "webhook.find_attempt", CUMULO_ATTEMPT_COLUMNS
    "WHERE w.account_id = ?1 AND a.webhook_id = ?2 AND a.id = ?3 AND " CUMULO_MAY_SEE_ATTEMPT("?4")};
inline constexpr sql::statement delete_attempts_before{
    "webhook.delete_attempts_before",
    "DELETE FROM webhook_attempts WHERE (webhook_id, id) IN "
    "(SELECT webhook_id, id FROM webhook_attempts WHERE at < ?1 ORDER BY at LIMIT ?2)"};

#undef CUMULO_WEBHOOK_COLUMNS
#undef CUMULO_ATTEMPT_COLUMNS
#undef CUMULO_MAY_SEE_ATTEMPT

}  // namespace cumulo::notifications::statements
