#pragma once
// The SQL of notification_repository. Ids are UUIDv7, so their order is the order of creation.
#include "platform/sql/database.hpp"

namespace cumulo::notifications::statements {

inline constexpr sql::statement insert_dispatch{
    "notification.insert_dispatch",
    "INSERT INTO dispatches (id, sender_id, recipient_id, title, payload, created_at, kind, send_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};

/// The same for an id that follows from its cause: changes nothing if that has been told already.
inline constexpr sql::statement insert_dispatch_once{
    "notification.insert_dispatch_once",
    "INSERT INTO dispatches (id, sender_id, recipient_id, title, payload, created_at, kind, send_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING"};

inline constexpr sql::statement insert_item{"notification.insert_item",
                                            "INSERT INTO notifications (account_id, id, title, body, link, data, "
                                            "created_at, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};

inline constexpr sql::statement insert_delivery{"notification.insert_delivery",
                                                "INSERT INTO deliveries (notification_id, channel, position, status, "
                                                "attempts, next_attempt_at, created_at, updated_at, due_at, lane, "
                                                "target) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10)"};

inline constexpr sql::statement list_inbox{"notification.list_inbox",
                                           "SELECT id, title, body, link, data, created_at, read_at FROM notifications "
                                           "WHERE account_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"};

inline constexpr sql::statement list_unread{
    "notification.list_unread",
    "SELECT id, title, body, link, data, created_at, read_at FROM notifications "
    "WHERE account_id = ?1 AND id < ?2 AND read_at IS NULL ORDER BY id DESC LIMIT ?3"};

inline constexpr sql::statement list_read{
    "notification.list_read",
    "SELECT id, title, body, link, data, created_at, read_at FROM notifications "
    "WHERE account_id = ?1 AND id < ?2 AND read_at IS NOT NULL ORDER BY id DESC LIMIT ?3"};

/// Walks the partial index of unread items alone.
inline constexpr sql::statement count_unread{
    "notification.count_unread", "SELECT COUNT(*) FROM notifications WHERE account_id = ?1 AND read_at IS NULL"};

inline constexpr sql::statement find_item{"notification.find",
                                          "SELECT id, title, body, link, data, created_at, read_at FROM notifications "
                                          "WHERE account_id = ?1 AND id = ?2"};

inline constexpr sql::statement mark_read{
    "notification.mark_read",
    "UPDATE notifications SET read_at = COALESCE(read_at, ?3) WHERE account_id = ?1 AND id = ?2 "
    "RETURNING id, title, body, link, data, created_at, read_at"};

inline constexpr sql::statement mark_all_read{
    "notification.mark_all_read", "UPDATE notifications SET read_at = ?2 WHERE account_id = ?1 AND read_at IS NULL"};

/// The ids come as the text of a JSON array.
inline constexpr sql::statement mark_these_read{
    "notification.mark_these_read",
    "UPDATE notifications SET read_at = ?3 WHERE account_id = ?1 AND read_at IS NULL "
    "AND id IN (SELECT value FROM json_each(?2))",
    "UPDATE notifications SET read_at = ?3 WHERE account_id = ?1 AND read_at IS NULL "
    "AND id IN (SELECT jsonb_array_elements_text(CAST(CAST(?2 AS TEXT) AS JSONB)))"};

inline constexpr sql::statement mark_read_up_to{
    "notification.mark_read_up_to",
    "UPDATE notifications SET read_at = ?3 WHERE account_id = ?1 AND id <= ?2 AND read_at IS NULL"};

/// What the live stream is told of a removal that the statement after it makes.
inline constexpr sql::statement tell_removal{
    "notification.tell_removal",
    "INSERT INTO stream_events (account_id, type, data, created_at) "
    "SELECT account_id, 'notification.deleted', CAST(?4 AS TEXT), CAST(?5 AS BIGINT) FROM notifications "
    "WHERE account_id = ?1 AND id = ?2 AND CAST(?3 AS BIGINT) IS NULL"};

inline constexpr sql::statement tell_removal_if{
    "notification.tell_removal_if",
    "INSERT INTO stream_events (account_id, type, data, created_at) "
    "SELECT account_id, 'notification.deleted', CAST(?4 AS TEXT), CAST(?5 AS BIGINT) FROM notifications "
    "WHERE account_id = ?1 AND id = ?2 AND COALESCE(read_at, -1) = COALESCE(CAST(?3 AS BIGINT), -1)"};

inline constexpr sql::statement remove_item{"notification.remove",
                                            "DELETE FROM notifications WHERE account_id = ?1 AND id = ?2"};

inline constexpr sql::statement remove_item_if{"notification.remove_if",
                                               "DELETE FROM notifications WHERE account_id = ?1 AND id = ?2 AND "
                                               "COALESCE(read_at, -1) = COALESCE(CAST(?3 AS BIGINT), -1)"};

inline constexpr sql::statement find_dispatch{
    "notification.find_dispatch",
    "SELECT d.title, d.created_at, v.channel, v.status, v.attempts, v.last_error, v.updated_at, d.send_at, "
    "d.recipient_id FROM dispatches d JOIN deliveries v ON v.notification_id = d.id "
    "WHERE d.id = ?2 AND d.sender_id = ?1 ORDER BY v.position"};

/// What somebody holds is on its way and cannot be called back.
inline constexpr sql::statement cancel{
    "notification.cancel",
    "UPDATE deliveries SET status = 'cancelled', updated_at = ?3, next_attempt_at = NULL WHERE notification_id = ?2 "
    "AND (status = 'scheduled' OR (status = 'pending' AND lease_owner IS NULL)) "
    "AND EXISTS (SELECT 1 FROM dispatches d WHERE d.id = ?2 AND d.sender_id = ?1)"};

inline constexpr sql::statement delete_read_before{
    "notification.delete_read_before",
    "DELETE FROM notifications WHERE (account_id, id) IN "
    "(SELECT account_id, id FROM notifications WHERE read_at < ?1 ORDER BY read_at LIMIT ?2)"};

inline constexpr sql::statement delete_dispatches_before{
    "notification.delete_dispatches_before",
    "DELETE FROM dispatches WHERE id IN (SELECT d.id FROM dispatches d WHERE d.created_at < ?1 AND NOT EXISTS "
    "(SELECT 1 FROM deliveries v WHERE v.notification_id = d.id AND v.status IN ('pending', 'scheduled')) ORDER BY "
    "d.created_at LIMIT "
    "?2)"};

}  // namespace cumulo::notifications::statements
