#pragma once
// Idempotency-Key (design §4): a repeat within 24 h gets the first answer, the same key with another body 422. The
// record is written in the transaction of the change, so a kill leaves both or neither; its primary key decides between
// parallel repeats.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::service {

/// The record of one answer, to be written beside the change that it answers.
class idempotency_record {
 public:
  idempotency_record() = default;
  idempotency_record(const idempotency_record&) = delete;
  idempotency_record& operator=(const idempotency_record&) = delete;
  /// Takes the answer as built so far (status, fields, body). `secret` answers (tokens) are stored encrypted with a key
  /// derived from the client's Idempotency-Key, of which only a hash is stored.
  void seal(const http::response& answer, bool secret = false);
  /// For database::write; valid while the record lives. Precondition: sealed.
  [[nodiscard]] sql::command command() const;
  [[nodiscard]] const sql::statement& statement() const;
  [[nodiscard]] std::span<const sql::param> values() const;
  /// Has another request under this key been answered by now? For work that would take a repeat for a misuse.
  [[nodiscard]] awaitable<bool> is_repeat(sql::transaction& tx) const;

 private:
  friend class idempotency;
  std::string caller_, key_, key_hash_, request_hash_, answer_;
  std::int64_t created_at_{};
  std::vector<sql::param> values_;
};

class idempotency {
 public:
  idempotency(sql::database& store, const clock& time) : store_(store), time_(time) {}

  /// The work of one POST: builds the answer, seals `record` if it is not null, and writes it in the transaction of the
  /// change. Record insertion uses plain INSERT: in parallel all but one get failure::unique_violation, which `run`
  /// turns into the first one's answer; so it does with an error of a work that came too late for its condition.
  using work = std::function<awaitable<result<>>(idempotency_record* record)>;

  /// Without an Idempotency-Key header it just does the work with a null record. Where no caller is known, the
  /// credential that the request itself presents (cookie, Authorization) is part of what must be the same.
  awaitable<result<>> run(const http::request& r, http::response& answer, work todo);

  /// Deletes records older than 24 h, in pieces, so that no write waits long behind it; until `stopping` says so. A
  /// component runs it hourly.
  awaitable<void> sweep(const std::function<bool()>& stopping);

 private:
  /// The stored answer, or the refusal of another request under the same key; nothing if the key is new.
  awaitable<std::optional<result<>>> replay(const idempotency_record& record, http::response& answer);

  sql::database& store_;
  const clock& time_;
};

}  // namespace cumulo::service
