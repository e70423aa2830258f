#pragma once
// The body of POST /notify, as far as it can be judged without looking for its recipient.
#include <string_view>
#include <vector>

#include "notification-service/domain/channel.hpp"
#include "notification-service/domain/message.hpp"

namespace cumulo::notifications {

/// With its placeholders filled; errc::invalid names every fault, errc::malformed is no JSON.
[[nodiscard]] result<draft> read_draft(std::string_view json, instant now);

/// The channels that it names; the inbox if none. Precondition: the names have been checked.
[[nodiscard]] std::vector<channel_name> channels_of(const draft& asked);

/// The texts of the items of POST /notify/batch, at least one and at most most_in_batch.
[[nodiscard]] result<std::vector<std::string>> read_batch(std::string_view json);
inline constexpr std::size_t most_in_batch = 1'000;

}  // namespace cumulo::notifications
