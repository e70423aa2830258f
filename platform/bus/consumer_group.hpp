#pragma once
// The consumers of one database, which get each event together; private to this room.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bus/consumer.hpp"

namespace cumulo::bus {

class consumer_group {
 public:
  /// Those that are added have the same database.
  explicit consumer_group(std::unique_ptr<consumer> first) { add(std::move(first)); }
  void add(std::unique_ptr<consumer> next) { members_.push_back(std::move(next)); }

  /// The first one's.
  [[nodiscard]] const std::string& name() const { return members_.front()->what().consumer; }
  [[nodiscard]] sql::database& database() const { return *members_.front()->what().database; }
  [[nodiscard]] std::span<const std::unique_ptr<consumer>> members() const { return members_; }
  /// Whatever any of them wants, each once.
  [[nodiscard]] std::vector<std::string> types() const;
  [[nodiscard]] bool wants(std::string_view type) const;
  [[nodiscard]] std::vector<consumer*> wanting(std::string_view type) const;

  /// Handles the events, in order, each for everyone who wants it, in one transaction. Counts no failure: then nothing
  /// has happened, and each is to be attempted alone by each. Nobody has failed at them before. Does not throw.
  awaitable<attempt_outcome> attempt_together(std::span<const event* const> events);
  awaitable<void> sweep_when_due();

 private:
  std::vector<std::unique_ptr<consumer>> members_;
};

/// Adds it to the group of its database, or a new one at the end.
void join(std::vector<std::unique_ptr<consumer_group>>& groups, std::unique_ptr<consumer> next);

}  // namespace cumulo::bus
