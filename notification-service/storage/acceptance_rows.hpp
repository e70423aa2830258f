#pragma once
// The rows that an acceptance becomes.
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "notification-service/domain/channel.hpp"
#include "notification-service/storage/stream_log.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// Owns the values of the commands it gives out. `what` outlives it, and it outlives the write.
class acceptance_rows {
 public:
  explicit acceptance_rows(const acceptance& what);
  acceptance_rows(const acceptance_rows&) = delete;
  acceptance_rows& operator=(const acceptance_rows&) = delete;

  /// Of statements::insert_dispatch or insert_dispatch_once.
  [[nodiscard]] std::span<const sql::param> dispatch() const { return dispatch_; }
  /// The inbox's row, if it is there at once, with the live stream's of it, and each channel's.
  void add_rest(std::vector<sql::command>& to) const;

 private:
  const acceptance& what_;
  std::optional<std::string> payload_;
  std::vector<sql::param> dispatch_;
  std::vector<sql::param> item_;
  std::optional<stream_row> told_;
  std::vector<std::array<sql::param, 10>> deliveries_;
};

/// The content as JSON text, kept for channels that have yet to deliver it.
[[nodiscard]] std::string payload_of(const content& says);

}  // namespace cumulo::notifications
