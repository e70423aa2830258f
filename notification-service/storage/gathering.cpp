#include "notification-service/storage/gathering.hpp"

#include <array>

#include "notification-service/domain/message_id.hpp"
#include "notification-service/storage/acceptance_rows.hpp"
#include "notification-service/storage/notification_repository.hpp"

namespace cumulo::notifications {

namespace {

constexpr sql::statement select_open{"gathering.find",
                                     "SELECT notification_id, members, lines FROM gatherings "
                                     "WHERE account_id = ?1 AND kind = ?2"};
/// Holds the delivery's row, so that the engine does not claim it meanwhile; nothing if it has been claimed or is about
/// to be.
constexpr sql::statement hold_mail{
    "gathering.hold",
    "UPDATE deliveries SET updated_at = ?2 WHERE notification_id = ?1 AND channel = 'email' AND status = 'pending' "
    "AND attempts = 0 AND lease_owner IS NULL AND next_attempt_at > ?2"};
constexpr sql::statement rewrite_mail{"gathering.rewrite",
                                      "UPDATE dispatches SET title = ?2, payload = ?3 WHERE id = ?1"};
constexpr sql::statement put_open{
    "gathering.put",
    "INSERT INTO gatherings (account_id, kind, notification_id, members, lines) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (account_id, kind) DO UPDATE SET notification_id = excluded.notification_id, "
    "members = excluded.members, lines = excluded.lines"};

/// A mail that gathers; titles hold no line break.
struct open_mail {
  std::string id;
  std::int64_t members{0};
  std::vector<std::string> lines{};
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    lines.emplace_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

awaitable<void> put(sql::transaction& tx, const message& what, const open_mail& mail) {
  std::string lines;
  for (const std::string& each : mail.lines) lines.append(lines.empty() ? "" : "\n").append(each);
  const std::array values{sql::param{what.recipient_id}, sql::param{what.kind}, sql::param{mail.id},
                          sql::param{mail.members}, sql::param{lines}};
  co_await tx.execute(put_open, values);
}

}  // namespace

awaitable<void> gather(sql::transaction& tx, const message& what, const reader& who, instant at, instant now) {
  open_mail mail;
  const std::array key{sql::param{what.recipient_id}, sql::param{what.kind}};
  auto take = [&](const sql::row& row) { mail = {std::string{row.text(0)}, row.integer(1), split(row.text(2))}; };
  co_await tx.execute(select_open, key, take);
  if (!mail.id.empty()) {
    const std::array held{sql::param{mail.id}, sql::param{to_millis(now)}};
    if (co_await tx.execute(hold_mail, held) == 1) {
      mail.members += 1;
      if (mail.lines.size() < most_gathered_lines) mail.lines.push_back(what.says.title);
      const content says = gathered_text(who, mail.members, mail.lines);
      const std::string payload = payload_of(says);
      const std::array values{sql::param{mail.id}, sql::param{says.title}, sql::param{payload}};
      co_await tx.execute(rewrite_mail, values);
      co_await put(tx, what, mail);
      co_return;
    }
  }
  // The first: it says what it has to say by itself.
  acceptance first{what};
  first.accepted.id = message_id(now, what.id + " by mail");
  first.accepted.created_at = now;
  first.deliveries = {{channel_name::email, delivery_status::pending, {}, at}};
  co_await notification_repository::accept(tx, first);
  mail = {first.accepted.id, 1, {what.says.title}};
  co_await put(tx, what, mail);
}

}  // namespace cumulo::notifications
