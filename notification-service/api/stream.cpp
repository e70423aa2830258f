#include "notification-service/api/stream.hpp"

#include <random>

#include "notification-service/stream/metrics.hpp"
#include "platform/core/clock.hpp"
#include "platform/http/query.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::size_t most_types = 20;
constexpr std::size_t longest_type = 64;
constexpr int page_size = 50;  // of what was missed
constexpr std::size_t largest_piece = 64 * 1024;

/// "task.created", "task.*", "*".
bool is_type_pattern(std::string_view text) {
  if (text.ends_with('*')) text.remove_suffix(1);
  return text.size() <= longest_type &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; });
}

struct stream_request {
  std::vector<std::string> types;
  std::optional<std::string> position;  ///< as the client gave it
};

result<stream_request> read_request(const http::request& r) {
  http::query_reader reader{r};
  stream_request asked{reader.list("types", most_types), reader.text("last_event_id")};
  for (const std::string& each : asked.types) {
    if (!is_type_pattern(each)) {
      reader.fail("types", "invalid_type", "A type is like task.created, or a beginning of one with * at its end.");
      break;
    }
  }
  if (auto valid = reader.finish(); !valid) return valid.error();
  if (const auto field = r.header("last-event-id"); !field.empty()) asked.position = std::string{field};
  if (asked.position && asked.position->empty()) asked.position.reset();
  return asked;
}

/// Reconnecting clients spread out.
int retry_hint() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<int>{500, 2'500}(random);
}

/// Where a stream begins.
struct beginning {
  stream_position at;
  bool resumed{false};
  bool reset{false};
};

beginning begin_at(const std::optional<std::string>& position, const stream_extent& log) {
  if (!position) return {log.settled};
  const auto given = parse_stream_position(*position);
  if (!given || *given < log.taken || *given > log.written) return {log.settled, false, true};
  return {*given, true};
}

/// One open stream, from its first byte to its last.
class session {
 public:
  session(stream_hub& hub, std::shared_ptr<stream_hub::place> place, std::shared_ptr<stream_client> client,
          beginning from)
      : hub_(hub), place_(std::move(place)), client_(std::move(client)), from_(from) {}

  awaitable<void> run(http::stream_writer& to) {
    to.on_close([client = client_] { client->end(stream_end::gone); });
    client_->on_slow([&to] { to.cut(); });
    const stream_position passed = client_->join(from_.at);
    bool open = co_await write(to, greeting());
    if (open && from_.resumed && from_.at < passed) open = co_await catch_up(to, passed);
    while (open) {
      open = co_await go_on(to);
    }
    client_->on_slow(nullptr);
    hub_.metrics()->ended(client_->ended() == stream_end::none ? stream_end::gone : client_->ended());
  }

 private:
  /// Writes what there is to write, or waits for it.
  awaitable<bool> go_on(http::stream_writer& to) {
    std::string piece;
    if (client_->ended() != stream_end::none) {
      if (client_->ended() == stream_end::expired || client_->ended() == stream_end::revoked) {
        piece.append("event: end\ndata: {\"reason\":\"").append(to_text(client_->ended())).append("\"}\n\n");
        co_await write(to, piece);
      }
      co_return false;
    }
    if (client_->take_reset()) {
      hub_.metrics()->resets.Increment();
      append_reset(piece, client_->reached());
    } else if (client_->has_events()) {
      hub_.metrics()->sent.Increment(static_cast<double>(client_->take(piece, largest_piece)));
    } else if (client_->is_due_to_beat()) {
      // Positions that passed without an event for this client: when it resumes, less is looked through.
      piece.append(": heartbeat\nid: ").append(to_text(client_->reached())).append("\n\n");
    } else {
      co_await client_->wait();
      co_return true;
    }
    co_return co_await write(to, piece);
  }

  /// What happened between the client's position and `passed`, from the log.
  awaitable<bool> catch_up(http::stream_writer& to, stream_position passed) {
    stream_position at = from_.at;
    for (;;) {
      auto page = co_await hub_.log().read_of(client_->who().account_id, at, passed, page_size);
      const bool last = page.size() < std::size_t{page_size};
      if (!page.empty()) at = page.back().at;
      std::string piece;
      double count = 0;
      for (stream_entry& each : page) {
        if (!client_->filter().takes(each.type)) continue;
        piece += make_live_event(std::move(each))->wire;
        ++count;
      }
      hub_.metrics()->sent.Increment(count);
      if (!piece.empty()) {
        const bool open = co_await write(to, piece);
        if (!open) co_return false;
      }
      if (client_->ended() != stream_end::none) co_return true;
      if (last) break;
    }
    // Retention may have overtaken us.
    const stream_extent now = co_await hub_.log().extent();
    if (now.taken > from_.at) client_->demand_reset();
    co_return true;
  }

  awaitable<bool> write(http::stream_writer& to, std::string_view piece) {
    const bool open = co_await to.write(piece);
    client_->wrote(stream_client::clock_type::now(), hub_.settings().heartbeat);
    co_return open;
  }

  [[nodiscard]] std::string greeting() const {
    const std::string position = to_text(from_.at);
    std::string out = "retry: " + std::to_string(retry_hint()) + "\nid: " + position + "\nevent: hello\ndata: ";
    out.append(R"({"position":")").append(position).append(R"(","resumed":)").append(from_.resumed ? "true" : "false");
    out.append(R"(,"heartbeat_seconds":)");
    out.append(std::to_string(std::chrono::ceil<std::chrono::seconds>(hub_.settings().heartbeat).count()));
    out.append(R"(,"expires_at":")");
    append_rfc3339(out, client_->who().expires_at);
    out += "\"}\n\n";
    if (from_.reset) {
      hub_.metrics()->resets.Increment();
      append_reset(out, from_.at);
    }
    return out;
  }

  static void append_reset(std::string& out, stream_position now) {
    const std::string position = to_text(now);
    out.append("id: ").append(position).append("\nevent: reset\ndata: {\"position\":\"").append(position);
    out += "\"}\n\n";
  }

  stream_hub& hub_;
  std::shared_ptr<stream_hub::place> place_;
  std::shared_ptr<stream_client> client_;
  beginning from_;
};

}  // namespace

awaitable<result<>> stream_api::open(const http::request& r, http::response& answer) {
  const auto& who = r.maybe_caller();
  if (!who->may(auth::scope_tasks_read) && !who->may(auth::scope_notifications_read)) {
    co_return error{errc::forbidden, "This needs the scope notifications:read or tasks:read."};
  }
  auto asked = read_request(r);
  if (!asked) co_return asked.error();
  auto place = hub_.admit(who->account_id);
  if (!place) co_return place.error();

  const stream_extent log = co_await hub_.log().extent();
  auto client = hub_.make_client(who, stream_filter{*who, std::move(asked->types)});
  auto opened = std::make_shared<session>(hub_, std::move(*place), std::move(client), begin_at(asked->position, log));
  answer.content_type("text/event-stream");
  answer.stream([opened](http::stream_writer& to) { return opened->run(to); });
  co_return result<>{};
}

}  // namespace cumulo::notifications
