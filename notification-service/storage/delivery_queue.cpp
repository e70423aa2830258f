#include "notification-service/storage/delivery_queue.hpp"

#include <array>
#include <boost/describe/class.hpp>

#include "notification-service/events/published.hpp"
#include "notification-service/storage/acceptance_rows.hpp"
#include "notification-service/storage/delivery_statements.hpp"
#include "notification-service/storage/notification_repository.hpp"
#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

/// How many rows a claim looks at for each that it may take: beyond those of crowded lanes there are others.
constexpr std::size_t candidates_per_claim = 8;
constexpr std::size_t least_candidates = 64;

struct payload {
  std::string title;
  std::optional<std::string> body;
  std::optional<std::string> link;
  std::optional<json::raw> data;
};
BOOST_DESCRIBE_STRUCT(payload, (), (title, body, link, data))

content content_of(const std::string& title, const std::optional<std::string>& stored) {
  if (!stored) return content{title};
  auto parsed = json::read<payload>(*stored, {.unknown_members = true});
  if (!parsed) throw std::runtime_error("a stored payload cannot be read: " + parsed.error().detail);
  content says{std::move(parsed->title), std::move(parsed->body), std::move(parsed->link), {}};
  if (parsed->data) says.data = std::move(parsed->data->text);
  return says;
}

channel_name channel_of(std::string_view stored) {
  const auto name = parse_channel(stored);
  if (!name) throw std::runtime_error("the database holds an unknown channel: " + std::string{stored});
  return *name;
}

std::string json_of(const std::map<std::string, std::size_t>& busy) {
  std::string out = "{";
  for (const auto& [lane, held] : busy) {
    if (out.size() > 1) out += ',';
    json::write_string(out, lane);
    out.append(":").append(std::to_string(held));
  }
  return out + "}";
}

/// ?1 to ?5 of every statement that ends a claim.
std::vector<sql::param> held(const claimed_delivery& what) {
  return {sql::param{what.notification_id}, sql::param{to_text(what.channel)}, sql::param{what.target},
          sql::param{what.owner}, sql::param{what.attempt}};
}

std::optional<std::string_view> unless_empty(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace

awaitable<bool> delivery_queue::has_due(channel_name channel, instant now) {
  const std::array values{sql::param{to_text(channel)}, sql::param{to_millis(now)}};
  auto ignore = [](const sql::row&) {};
  const std::uint64_t found = co_await store_.query(statements::has_due, values, ignore);
  co_return found > 0;
}

awaitable<std::vector<claimed_delivery>> delivery_queue::claim(channel_name channel, const claim_terms& terms) {
  const std::string busy = json_of(terms.busy);
  const std::size_t candidates = std::max(least_candidates, terms.most * candidates_per_claim);
  const std::array values{sql::param{to_text(channel)},
                          sql::param{to_millis(terms.now)},
                          sql::param{busy},
                          sql::param{terms.owner},
                          sql::param{to_millis(terms.lease_until)},
                          sql::param{terms.most_per_lane},
                          sql::param{candidates},
                          sql::param{terms.most}};
  // Its own list for each run of the body: what a run that was rolled back had claimed is nobody's.
  const auto body = [&](sql::transaction& tx) -> awaitable<std::vector<claimed_delivery>> {
    tx.wait_for_locks();
    std::vector<claimed_delivery> got;
    auto take = [&](const sql::row& r) {
      got.push_back({std::string{r.text(0)}, channel, std::string{r.text(1)}, std::string{r.text(2)}, terms.owner,
                     r.integer(3), from_millis(r.integer(4)), from_millis(r.integer(5))});
    };
    co_await tx.execute(statements::claim, values, take);
    co_return got;
  };
  co_return co_await store_.transact(body);
}

awaitable<std::optional<outgoing>> delivery_queue::load(const claimed_delivery& what) {
  const std::vector<sql::param> values = held(what);
  std::optional<outgoing> found;
  std::string title;
  std::optional<std::string> stored;
  auto take = [&](const sql::row& r) {
    title = r.text(2);
    stored = r.optional_text(3);
    std::optional<bool> verified;
    if (!r.is_null(10)) verified = r.integer(10) != 0;
    found = outgoing{.notification_id = what.notification_id,
                     .kind = std::string{r.text(0)},
                     .recipient_id = std::string{r.text(1)},
                     .target = what.target,
                     .email = r.optional_text(5),
                     .email_verified = verified,
                     .email_refused = r.optional_text(6),
                     .name = r.optional_text(7),
                     .locale = r.optional_text(8),
                     .timezone = r.optional_text(9),
                     .says = {},
                     .created_at = from_millis(r.integer(4)),
                     .due_at = what.due_at,
                     .attempt = what.attempt};
  };
  co_await store_.query(statements::load, values, take);
  if (found) found->says = content_of(title, stored);
  co_return found;
}

awaitable<bool> delivery_queue::end(const claimed_delivery& what, const sql::statement& how,
                                    std::span<const sql::param> values) {
  const std::array whose{sql::param{what.notification_id}};
  const std::array commands{sql::command{&how, values}, sql::command{&statements::drop_payload, whose}};
  std::array<std::uint64_t, 2> changed{};
  co_await store_.write(commands, changed);
  co_return changed[0] > 0;
}

awaitable<bool> delivery_queue::finish(const claimed_delivery& what, delivery_status how, const std::string& error,
                                       instant now) {
  std::vector<sql::param> values = held(what);
  values.insert(values.end(), {sql::param{to_text(how)}, sql::param{unless_empty(error)}, sql::param{to_millis(now)}});
  co_return co_await end(what, statements::finish, values);
}

awaitable<bool> delivery_queue::put_off(const claimed_delivery& what, const std::string& error, instant until,
                                        instant now) {
  std::vector<sql::param> values = held(what);
  values.insert(values.end(),
                {sql::param{unless_empty(error)}, sql::param{to_millis(until)}, sql::param{to_millis(now)}});
  const std::array commands{sql::command{&statements::put_off, values}};
  std::array<std::uint64_t, 1> changed{};
  co_await store_.write(commands, changed);
  co_return changed[0] > 0;
}

awaitable<bool> delivery_queue::split(const claimed_delivery& what, const std::vector<std::string>& targets,
                                      instant now) {
  auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    const std::vector<sql::param> values = held(what);
    std::int64_t position = 0;
    auto take = [&](const sql::row& r) { position = r.integer(0); };
    const std::uint64_t removed = co_await tx.execute(statements::remove_held, values, take);
    if (removed == 0) co_return false;
    for (const std::string& target : targets) {
      const std::array row{sql::param{what.notification_id},
                           sql::param{to_text(what.channel)},
                           sql::param{target},
                           sql::param{position},
                           sql::param{to_millis(what.due_at)},
                           sql::param{to_millis(now)},
                           sql::param{to_millis(what.accepted_at)}};
      co_await tx.execute(statements::insert_target, row);
    }
    co_return true;
  };
  co_return co_await store_.transact(body);
}

awaitable<bool> delivery_queue::refuse_address(const claimed_delivery& what, const std::string& account_id,
                                               const std::string& email, const std::string& error,
                                               const acceptance& notice, instant now) {
  auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    std::vector<sql::param> values = held(what);
    const std::string_view failed = to_text(delivery_status::failed);
    values.insert(values.end(), {sql::param{failed}, sql::param{error}, sql::param{to_millis(now)}});
    const std::uint64_t ended = co_await tx.execute(statements::finish, values);
    const std::array refusal{sql::param{account_id}, sql::param{email}, sql::param{error}};
    const std::uint64_t marked = co_await tx.execute(statements::refuse_email, refusal);
    if (marked > 0) co_await notification_repository::accept(tx, notice);
    co_return ended > 0;
  };
  co_return co_await store_.transact(body);
}

awaitable<std::uint64_t> delivery_queue::expire(channel_name channel, bool is_worked_on, instant limit, instant now,
                                                int batch) {
  const std::array values{sql::param{to_millis(limit)}, sql::param{to_millis(now)}, sql::param{batch},
                          sql::param{to_text(channel)}};
  const std::array commands{sql::command{is_worked_on ? &statements::expire_tried : &statements::expire, values}};
  std::array<std::uint64_t, 1> changed{};
  co_await store_.write(commands, changed);
  co_return changed[0];
}

awaitable<void> delivery_queue::forget_links(instant limit) {
  const std::array values{sql::param{to_millis(limit)}};
  const std::array commands{sql::command{&statements::drop_links, values}};
  co_await store_.write(commands);
}

awaitable<std::size_t> delivery_queue::release_scheduled(instant now, int batch) {
  const std::array by_now{sql::param{to_millis(now)}};
  auto ignore = [](const sql::row&) {};
  const std::uint64_t any = co_await store_.query(statements::has_scheduled, by_now, ignore);
  if (any == 0) co_return 0;
  auto body = [&](sql::transaction& tx) -> awaitable<std::size_t> {
    std::vector<message> due;
    std::vector<std::optional<std::string>> stored;
    auto take = [&](const sql::row& r) {
      due.push_back({std::string{r.text(0)}, std::string{r.text(1)}, std::string{r.text(2)},
                     content{std::string{r.text(3)}}, from_millis(r.integer(5)), std::string{r.text(6)},
                     from_millis(r.integer(7))});
      stored.push_back(r.optional_text(4));
    };
    const std::array which{sql::param{to_millis(now)}, sql::param{batch}};
    co_await tx.execute(statements::due_scheduled, which, take);
    for (std::size_t i = 0; i < due.size(); ++i) {
      message& m = due[i];
      m.says = content_of(m.says.title, stored[i]);
      acceptance out{m};
      auto note = [&](const sql::row& r) { out.deliveries.push_back({channel_of(r.text(0)), {}}); };
      const std::array whose{sql::param{m.id}, sql::param{to_millis(now)}};
      const std::uint64_t released = co_await tx.execute(statements::release, whose, note);
      if (released == 0) continue;
      out.accepted.created_at = now;
      out.in_inbox = std::ranges::find(out.deliveries, channel_name::inbox, &delivery::channel) != out.deliveries.end();
      acceptance item{out.accepted, out.in_inbox};
      const acceptance_rows rows{item};
      std::vector<sql::command> inbox;
      rows.add_rest(inbox);
      for (const sql::command& each : inbox) co_await tx.execute(*each.what, each.values);
      const std::array id{sql::param{m.id}};
      co_await tx.execute(statements::drop_payload, id);
      const bus::outbox_row created{notification_created(out, "")};
      co_await tx.execute(created.statement(), created.values());
    }
    co_return due.size();
  };
  co_return co_await store_.transact(body);
}

awaitable<std::vector<queue_depth>> delivery_queue::measure() {
  std::vector<queue_depth> all;
  for (const channel_name name : channel_names) all.push_back({name});
  auto take = [&](const sql::row& r) {
    queue_depth& at = all[static_cast<std::size_t>(channel_of(r.text(0)))];
    if (r.text(1) == to_text(delivery_status::failed)) {
      at.failed = r.integer(2);
    } else {
      at.waiting = r.integer(2);
      at.oldest = from_millis(r.integer(3));
    }
  };
  co_await store_.query_slow(statements::measure, {}, take);
  co_return all;
}

}  // namespace cumulo::notifications
