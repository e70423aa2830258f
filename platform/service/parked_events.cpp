#include "platform/service/parked_events.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <iostream>

#include "platform/bus/parked.hpp"

namespace cumulo::service {

namespace {

constexpr int at_most = 10'000;

/// What is parked for one consumer, or for all of these.
std::vector<std::pair<const bus::subscription*, bus::parked_event>> parked(std::span<const bus::subscription> all,
                                                                           io_threads& threads,
                                                                           const std::string& consumer) {
  std::vector<std::pair<const bus::subscription*, bus::parked_event>> found;
  for (const auto& each : all) {
    if (!consumer.empty() && each.consumer != consumer) continue;
    auto some =
        asio::co_spawn(threads.context(0), bus::list_parked(*each.database, each.consumer, at_most), asio::use_future)
            .get();
    for (auto& e : some) found.emplace_back(&each, std::move(e));
  }
  return found;
}

}  // namespace

int print_parked(std::span<const bus::subscription> all, io_threads& threads, std::span<const std::string> arguments,
                 std::ostream& out) {
  if (arguments.size() > 1) {
    std::cerr << "Usage: events parked [CONSUMER]\n";
    return 2;
  }
  for (const auto& [whose, e] : parked(all, threads, arguments.empty() ? "" : arguments[0])) {
    out << e.event_id << ' ' << e.consumer << ' ' << (e.type.empty() ? "unreadable" : e.type) << ' '
        << to_rfc3339(e.parked_at) << " attempts=" << e.attempts << ' ' << e.error << '\n';
  }
  return 0;
}

int replay(std::span<const bus::subscription> all, io_threads& threads, std::span<const std::string> arguments,
           std::ostream& out) {
  std::vector<std::string> words(arguments.begin(), arguments.end());
  const bool everything = std::erase(words, "--all") > 0;
  if (words.size() > (everything ? 1U : 2U) || (!everything && words.empty())) {
    std::cerr << "Usage: events replay EVENT_ID|--all [CONSUMER]\n";
    return 2;
  }
  const std::string id = everything ? "" : words[0];
  const std::string consumer = words.size() > (everything ? 0U : 1U) ? words.back() : "";
  int done = 0;
  int failed = 0;
  for (const auto& [whose, e] : parked(all, threads, consumer)) {
    if (!everything && e.event_id != id) continue;
    const bus::replayed outcome =
        asio::co_spawn(threads.context(0), bus::replay_parked(*whose, e.event_id), asio::use_future).get();
    if (outcome.outcome == bus::replay_outcome::done) ++done;
    if (outcome.outcome == bus::replay_outcome::failed) {
      ++failed;
      out << e.event_id << ' ' << e.consumer << " failed again: " << outcome.error << '\n';
    }
  }
  out << done << " replayed, " << failed << " failed\n";
  return failed > 0 || (!everything && done == 0) ? 1 : 0;
}

}  // namespace cumulo::service
