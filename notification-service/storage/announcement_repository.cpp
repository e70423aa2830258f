#include "notification-service/storage/announcement_repository.hpp"

#include <array>

namespace cumulo::notifications {

namespace {

#define CUMULO_ANNOUNCEMENT_COLUMNS "id, title, body, link, created_by, created_at, status, reached, told, updated_at"

constexpr sql::statement insert{"announcement.insert",
                                "INSERT INTO announcements (id, title, body, link, created_by, created_at, status, "
                                "updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'sending', ?6)"};
constexpr sql::statement select_one{"announcement.find",
                                    "SELECT " CUMULO_ANNOUNCEMENT_COLUMNS " FROM announcements WHERE id = ?1"};
constexpr sql::statement select_page{"announcement.list",
                                     "SELECT " CUMULO_ANNOUNCEMENT_COLUMNS
                                     " FROM announcements WHERE id < ?1 ORDER BY id DESC LIMIT ?2"};
constexpr sql::statement select_sending{"announcement.next",
                                        "SELECT " CUMULO_ANNOUNCEMENT_COLUMNS
                                        " FROM announcements WHERE status = 'sending' ORDER BY id LIMIT 1"};
constexpr sql::statement set_cancelled{
    "announcement.cancel",
    "UPDATE announcements SET status = 'cancelled', updated_at = CASE WHEN status = 'cancelled' THEN updated_at "
    "ELSE ?2 END WHERE id = ?1 AND status <> 'sent' RETURNING " CUMULO_ANNOUNCEMENT_COLUMNS};
/// Ids of accounts and announcements are UUIDv7: who registered later is greater, and is not meant.
constexpr sql::statement select_accounts{
    "announcement.next_accounts",
    "SELECT account_id FROM recipients WHERE account_id > ?1 AND account_id < ?2 AND erased = 0 "
    "ORDER BY account_id LIMIT ?3"};
constexpr sql::statement set_reached{
    "announcement.advance",
    "UPDATE announcements SET reached = ?3, told = told + ?4, status = ?5, updated_at = ?6 "
    "WHERE id = ?1 AND reached = ?2 AND status = 'sending'"};

constexpr std::array statuses{announcement_status::sending, announcement_status::sent, announcement_status::cancelled};

announcement read_row(const sql::row& row) {
  announcement found{.id = std::string{row.text(0)},
                     .says = {std::string{row.text(1)}, row.optional_text(2), row.optional_text(3), {}},
                     .created_by = std::string{row.text(4)},
                     .created_at = from_millis(row.integer(5)),
                     .reached = std::string{row.text(7)},
                     .told = row.integer(8),
                     .updated_at = from_millis(row.integer(9))};
  for (const announcement_status each : statuses) {
    if (to_text(each) == row.text(6)) found.status = each;
  }
  return found;
}

}  // namespace

std::string_view to_text(announcement_status status) {
  switch (status) {
    case announcement_status::sending: return "sending";
    case announcement_status::sent: return "sent";
    case announcement_status::cancelled: return "cancelled";
  }
  return {};
}

awaitable<void> announcement_repository::announce(const announcement& what, std::span<const sql::command> also) {
  const std::array values{sql::param{what.id},         sql::param{what.says.title},
                          sql::param{what.says.body},  sql::param{what.says.link},
                          sql::param{what.created_by}, sql::param{to_millis(what.created_at)}};
  std::vector<sql::command> commands{{&insert, values}};
  commands.insert(commands.end(), also.begin(), also.end());
  co_await store_.write(commands);
}

awaitable<std::optional<announcement>> announcement_repository::find(const std::string& id) {
  std::optional<announcement> found;
  const std::array values{sql::param{id}};
  auto take = [&](const sql::row& row) { found = read_row(row); };
  co_await store_.query(select_one, values, take);
  co_return found;
}

awaitable<std::vector<announcement>> announcement_repository::list(const std::string& before, int limit) {
  std::vector<announcement> found;
  const std::string_view end = before.empty() ? std::string_view{"g"} : std::string_view{before};  // after every id
  const std::array values{sql::param{end}, sql::param{limit}};
  auto take = [&](const sql::row& row) { found.push_back(read_row(row)); };
  co_await store_.query(select_page, values, take);
  co_return found;
}

awaitable<result<announcement>> announcement_repository::cancel(
    const std::string& id, instant now, function_ref<std::optional<sql::command>(const announcement&)> seal) {
  auto body = [&](sql::transaction& tx) -> awaitable<result<announcement>> {
    std::optional<announcement> found;
    auto take = [&](const sql::row& row) { found = read_row(row); };
    const std::array values{sql::param{id}, sql::param{to_millis(now)}};
    co_await tx.execute(set_cancelled, values, take);
    if (found) {
      if (const auto sealed = seal(*found)) co_await tx.execute(*sealed->what, sealed->values);
      co_return *found;
    }
    const std::array one{sql::param{id}};
    co_await tx.execute(select_one, one, take);
    if (!found) co_return error{errc::not_found, "There is no such announcement."};
    co_return error{errc::conflict, "All have been told already."};
  };
  co_return co_await store_.transact(body);
}

awaitable<std::optional<announcement>> announcement_repository::next_to_send(sql::transaction& tx) {
  std::optional<announcement> found;
  auto take = [&](const sql::row& row) { found = read_row(row); };
  co_await tx.execute(select_sending, {}, take);
  co_return found;
}

awaitable<std::vector<std::string>> announcement_repository::next_accounts(sql::transaction& tx,
                                                                           const announcement& what, int limit) {
  std::vector<std::string> found;
  const std::array values{sql::param{what.reached}, sql::param{what.id}, sql::param{limit}};
  auto take = [&](const sql::row& row) { found.emplace_back(row.text(0)); };
  co_await tx.execute(select_accounts, values, take);
  co_return found;
}

awaitable<bool> announcement_repository::advance(sql::transaction& tx, const announcement& what,
                                                 const std::vector<std::string>& accounts, instant now) {
  const std::string& reached = accounts.empty() ? what.reached : accounts.back();
  const auto status = accounts.empty() ? announcement_status::sent : announcement_status::sending;
  const std::array values{sql::param{what.id},         sql::param{what.reached},    sql::param{reached},
                          sql::param{accounts.size()}, sql::param{to_text(status)}, sql::param{to_millis(now)}};
  const std::uint64_t changed = co_await tx.execute(set_reached, values);
  co_return changed == 1;
}

}  // namespace cumulo::notifications
