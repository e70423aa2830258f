#pragma once
// Endpoints of webhooks and the log of what was sent to them. All methods run on an I/O thread, throw
// sql::database_error, and when they return what they changed is durable. Those that take an account see that account's
// endpoints alone.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "notification-service/domain/channel.hpp"
#include "notification-service/domain/webhook.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// When an endpoint that fails is paused: after so long, and so many failures without a success between.
struct pause_rule {
  std::chrono::milliseconds after{std::chrono::hours{24}};
  std::int64_t failures{5};
};

/// Who looks at a log: attempts hold what was sent, and those about tasks and projects are for who may read these.
struct attempt_reader {
  std::string account_id;
  bool reads_tasks{false};
};

class webhook_repository {
 public:
  explicit webhook_repository(sql::database& store) : store_(store) {}

  /// With `also` in one transaction. False, and nothing is written, if the account has as many as it may.
  awaitable<bool> add_webhook(const webhook& made, std::span<const sql::command> also);
  awaitable<std::optional<webhook>> find_webhook(const std::string& account_id, const std::string& id);
  /// At most `limit` after the id `after`, in the order of their making.
  awaitable<std::vector<webhook>> list_webhooks(const std::string& account_id, const std::string& after, int limit);

  /// `decide(webhook&)` changes it, or returns an error that leaves it as it is; inside the transaction, and again if
  /// that has to be repeated. `also()` is asked then for what is to be written with it. errc::not_found if the account
  /// has none such.
  using decision = function_ref<result<>(webhook&)>;
  using beside = function_ref<std::optional<sql::command>()>;
  awaitable<result<webhook>> change_webhook(const std::string& account_id, const std::string& id, decision decide,
                                            beside also);
  /// With its log. `decide` as above.
  awaitable<result<>> remove_webhook(const std::string& account_id, const std::string& id, decision decide);

  /// For the sender, which acts for the system: nothing if it is gone.
  awaitable<std::optional<webhook>> find_endpoint(const std::string& id);
  /// Does anybody have an endpoint?
  static awaitable<bool> exist(sql::transaction& tx);
  /// The ids of the account's endpoints that are not paused and want this type.
  awaitable<std::vector<std::string>> find_wanting(const std::string& account_id, const std::string& type);
  static awaitable<std::vector<std::string>> find_wanting(sql::transaction& tx, const std::string& account_id,
                                                          const std::string& type);

  /// Logs an attempt and keeps the newest of its endpoint; a success ends a run of failures. A failure that counts
  /// makes the endpoint paused when `rule` or `gone` says so; then `notice(webhook)` is stored with it, once, and the
  /// result is true.
  struct report {
    const webhook_attempt& attempt;
    bool counts;  ///< tests and replays do not
    bool gone;    ///< 410
  };
  awaitable<bool> record(const report& what, const pause_rule& rule, function_ref<acceptance(const webhook&)> notice);
  /// Logs a test or a replay with `also` in one transaction. A success ends a run of failures.
  awaitable<void> record_by_hand(const webhook_attempt& attempt, std::span<const sql::command> also);

  /// The newest first, those before the id `before`.
  awaitable<std::vector<webhook_attempt>> list_attempts(const attempt_reader& who, const std::string& webhook_id,
                                                        const std::string& before, int limit);
  awaitable<std::optional<webhook_attempt>> find_attempt(const attempt_reader& who, const std::string& webhook_id,
                                                         const std::string& id);
  /// Deletes at most `batch` attempts older than `limit`; returns how many went.
  awaitable<std::uint64_t> delete_attempts_before(instant limit, int batch);

  /// Pauses all of the account, as their owner would; returns how many were not.
  static awaitable<std::uint64_t> pause_all(sql::transaction& tx, const std::string& account_id, instant now);

  /// Tells the endpoints what happened to a task or project: a dispatch with one delivery for each, under an id that
  /// follows from the event, so that a repeat changes nothing.
  static awaitable<void> accept_event(sql::transaction& tx, const message& what,
                                      const std::vector<std::string>& endpoints);

 private:
  sql::database& store_;
};

}  // namespace cumulo::notifications
