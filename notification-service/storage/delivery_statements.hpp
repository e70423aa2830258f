#pragma once
// The SQL of delivery_queue.
#include "platform/sql/database.hpp"

namespace cumulo::notifications::statements {

inline constexpr sql::statement has_due{
    "delivery.has_due",
    "SELECT 1 FROM deliveries WHERE status = 'pending' AND channel = ?1 AND next_attempt_at <= ?2 LIMIT 1"};

/// ?1 channel, ?2 now, ?3 in flight by lane as a JSON object, ?4 owner, ?5 end of the lease, ?6 most per lane, ?7 how
/// many candidates to look at, ?8 most. The engines differ in reading ?3 and in SKIP LOCKED; SQLite has one writer.
inline constexpr sql::statement claim{
    "delivery.claim",
    "WITH busy AS (SELECT key AS lane, value AS held FROM json_each(?3)), "
    "candidates AS (SELECT notification_id, channel, target, lane, next_attempt_at FROM deliveries "
    "WHERE status = 'pending' AND channel = ?1 AND next_attempt_at <= ?2 "
    "AND lane NOT IN (SELECT lane FROM busy WHERE held >= ?6) ORDER BY next_attempt_at LIMIT ?7), "
    "placed AS (SELECT c.*, row_number() OVER (PARTITION BY c.lane ORDER BY c.next_attempt_at, c.notification_id) + "
    "COALESCE((SELECT held FROM busy WHERE busy.lane = c.lane), 0) AS place FROM candidates c) "
    "UPDATE deliveries SET attempts = attempts + 1, lease_owner = ?4, lease_until = ?5, next_attempt_at = ?5 "
    "WHERE (notification_id, channel, target) IN (SELECT notification_id, channel, target FROM placed "
    "WHERE place <= ?6 ORDER BY next_attempt_at LIMIT ?8) "
    "RETURNING notification_id, target, lane, attempts, due_at, created_at",
    "WITH busy AS (SELECT key AS lane, CAST(value AS BIGINT) AS held "
    "FROM jsonb_each_text(CAST(CAST(?3 AS TEXT) AS JSONB))), "
    "candidates AS MATERIALIZED (SELECT notification_id, channel, target, lane, next_attempt_at FROM deliveries "
    "WHERE status = 'pending' AND channel = ?1 AND next_attempt_at <= ?2 "
    "AND lane NOT IN (SELECT lane FROM busy WHERE held >= ?6) "
    "ORDER BY next_attempt_at LIMIT ?7 FOR UPDATE SKIP LOCKED), "
    "placed AS (SELECT c.*, row_number() OVER (PARTITION BY c.lane ORDER BY c.next_attempt_at, c.notification_id) + "
    "COALESCE((SELECT held FROM busy WHERE busy.lane = c.lane), 0) AS place FROM candidates c) "
    "UPDATE deliveries SET attempts = attempts + 1, lease_owner = ?4, lease_until = ?5, next_attempt_at = ?5 "
    "WHERE (notification_id, channel, target) IN (SELECT notification_id, channel, target FROM placed "
    "WHERE place <= ?6 ORDER BY next_attempt_at LIMIT ?8) "
    "RETURNING notification_id, target, lane, attempts, due_at, created_at"};

#define CUMULO_HELD                                                                                                  \
  "WHERE notification_id = ?1 AND channel = ?2 AND target = ?3 AND lease_owner = ?4 AND attempts = ?5 AND status = " \
  "'pending'"

inline constexpr sql::statement load{
    "delivery.load",
    "SELECT d.kind, d.recipient_id, d.title, d.payload, d.created_at, r.email, r.email_refused, r.name, r.locale, "
    "r.timezone, r.email_verified FROM deliveries v JOIN dispatches d ON d.id = v.notification_id "
    "LEFT JOIN recipients r ON r.account_id = d.recipient_id "
    "WHERE v.notification_id = ?1 AND v.channel = ?2 AND v.target = ?3 AND v.lease_owner = ?4 AND v.attempts = ?5 "
    "AND v.status = 'pending' AND COALESCE(r.erased, 0) = 0 AND COALESCE(r.disabled, 0) = 0"};

inline constexpr sql::statement finish{
    "delivery.finish",
    "UPDATE deliveries SET status = ?6, last_error = ?7, updated_at = ?8, next_attempt_at = NULL, lease_owner = NULL, "
    "lease_until = NULL " CUMULO_HELD};

inline constexpr sql::statement put_off{
    "delivery.put_off",
    "UPDATE deliveries SET last_error = ?6, next_attempt_at = ?7, updated_at = ?8, lease_owner = NULL, "
    "lease_until = NULL " CUMULO_HELD};

inline constexpr sql::statement remove_held{"delivery.remove",
                                            "DELETE FROM deliveries " CUMULO_HELD " RETURNING position"};

#undef CUMULO_HELD

/// What nobody has still to deliver, or may replay, needs no content.
inline constexpr sql::statement drop_payload{
    "delivery.drop_payload",
    "UPDATE dispatches SET payload = NULL WHERE id = ?1 AND payload IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM deliveries v WHERE v.notification_id = ?1 AND (v.status IN ('pending', 'scheduled') OR "
    "(v.status = 'failed' AND dispatches.kind <> 'link')))"};

/// One-time links that were not sent in time: dead, and secret.
inline constexpr sql::statement drop_links{
    "delivery.drop_links",
    "UPDATE dispatches SET payload = NULL WHERE kind = 'link' AND payload IS NOT NULL AND created_at < ?1"};

inline constexpr sql::statement insert_target{
    "delivery.insert_target",
    "INSERT INTO deliveries (notification_id, channel, target, lane, position, status, next_attempt_at, due_at, "
    "created_at, updated_at) VALUES (?1, ?2, ?3, ?3, ?4, 'pending', ?6, ?5, ?7, ?6) "
    "ON CONFLICT (notification_id, channel, target) DO NOTHING"};

inline constexpr sql::statement refuse_email{
    "recipient.refuse_email",
    "UPDATE recipients SET email_refused = ?3 WHERE account_id = ?1 AND email = ?2 AND email_refused IS NULL"};

/// ?1 due before, ?2 now, ?3 most, ?4 channel.
#define CUMULO_EXPIRE(which)                                                                              \
  "UPDATE deliveries SET status = 'failed', last_error = COALESCE(last_error, 'not delivered in time'), " \
  "updated_at = ?2, next_attempt_at = NULL, lease_owner = NULL, lease_until = NULL "                      \
  "WHERE (notification_id, channel, target) IN (SELECT notification_id, channel, target FROM deliveries " \
  "WHERE status = 'pending' AND channel = ?4 AND next_attempt_at <= ?2 AND due_at < ?1 " which " LIMIT ?3)"
inline constexpr sql::statement expire{"delivery.expire", CUMULO_EXPIRE("")};
inline constexpr sql::statement expire_tried{"delivery.expire_tried", CUMULO_EXPIRE("AND attempts > 0")};
#undef CUMULO_EXPIRE

inline constexpr sql::statement has_scheduled{
    "delivery.has_scheduled", "SELECT 1 FROM deliveries WHERE status = 'scheduled' AND next_attempt_at <= ?1 LIMIT 1"};

inline constexpr sql::statement due_scheduled{
    "delivery.due_scheduled",
    "SELECT d.id, d.sender_id, d.recipient_id, d.title, d.payload, d.created_at, d.kind, d.send_at FROM dispatches d "
    "WHERE d.id IN (SELECT notification_id FROM deliveries WHERE status = 'scheduled' AND next_attempt_at <= ?1 "
    "ORDER BY next_attempt_at LIMIT ?2)",
    "SELECT d.id, d.sender_id, d.recipient_id, d.title, d.payload, d.created_at, d.kind, d.send_at FROM dispatches d "
    "WHERE d.id IN (SELECT notification_id FROM deliveries WHERE status = 'scheduled' AND next_attempt_at <= ?1 "
    "ORDER BY next_attempt_at LIMIT ?2) FOR UPDATE SKIP LOCKED"};

/// Their channels; those of the inbox are delivered by it.
inline constexpr sql::statement release{
    "delivery.release",
    "UPDATE deliveries SET updated_at = ?2, "
    "status = CASE WHEN channel = 'inbox' THEN 'delivered' ELSE 'pending' END, "
    "attempts = CASE WHEN channel = 'inbox' THEN 1 ELSE 0 END, "
    "next_attempt_at = CASE WHEN channel = 'inbox' THEN NULL ELSE next_attempt_at END "
    "WHERE notification_id = ?1 AND status = 'scheduled' RETURNING channel"};

inline constexpr sql::statement measure{
    "delivery.measure",
    "SELECT channel, status, COUNT(*), MIN(due_at) FROM deliveries WHERE status = 'pending' GROUP BY channel, status "
    "UNION ALL SELECT channel, status, COUNT(*), MIN(due_at) FROM deliveries WHERE status = 'failed' "
    "GROUP BY channel, status"};

}  // namespace cumulo::notifications::statements
