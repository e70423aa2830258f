#include "platform/bus/nats_stream.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <ranges>
#include <sstream>

#include "platform/observe/log.hpp"

namespace cumulo::bus {

namespace {

using namespace std::chrono_literals;
namespace js = boost::json;

constexpr std::int64_t stream_not_found = 10059;
constexpr std::int64_t stream_name_taken = 10058;
constexpr std::int64_t consumer_not_found = 10014;
constexpr auto default_retention = std::chrono::days{14};

std::int64_t nanoseconds(std::chrono::milliseconds t) { return std::chrono::nanoseconds{t}.count(); }

/// FNV-1a: it must never change, and is the same everywhere.
std::uint32_t hash(std::string_view text) {
  std::uint32_t h = 2'166'136'261U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return h;
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& each : words) out.append(each).append(1, ' ');
  return out;
}

/// Durables' names have no dots and no wildcards.
std::string plain(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c <= ' ' || c > '~' || std::string_view{".*>/\\"}.find(c) != std::string_view::npos; },
      '_');
  return name;
}

struct api_answer {
  js::object body;
  std::int64_t fault{0};
  std::string why;
};

awaitable<api_answer> ask(nats_link& link, std::string subject, std::string body) {
  const nats_message m = co_await link.request("$JS.API." + std::move(subject), std::move(body));
  boost::system::error_code ec;
  const js::value parsed = js::parse(m.data, ec);
  if (ec || !parsed.is_object()) throw std::runtime_error("JetStream's answer cannot be understood");
  api_answer out{.body = parsed.as_object(), .fault = 0, .why = {}};
  if (const js::value* fault = out.body.if_contains("error")) {
    const js::object& said = fault->as_object();
    const js::value* number = said.if_contains("err_code");
    out.fault = number != nullptr ? number->to_number<std::int64_t>() : 1;
    if (const js::value* text = said.if_contains("description")) out.why = text->as_string();
    if (const auto* code = said.if_contains("code"); code != nullptr && code->to_number<std::int64_t>() == 503) {
      throw nats_away("JetStream cannot work now: " + out.why);
    }
  }
  co_return out;
}

void must(const api_answer& answer, std::string_view what) {
  if (answer.fault != 0) throw std::runtime_error("JetStream refuses the " + std::string{what} + ": " + answer.why);
}

std::chrono::milliseconds retention_of(const nats_settings& s) {
  return s.retention > 0ms ? s.retention : std::chrono::milliseconds{default_retention};
}

js::object stream_config(const nats_settings& s) {
  return {{"name", s.stream},
          {"description", "Cumulo's events"},
          {"subjects", js::array{s.subject_root + ".>"}},
          {"retention", "limits"},
          {"storage", "file"},
          {"discard", "new"},
          {"max_age", nanoseconds(retention_of(s))},
          {"max_bytes", s.max_bytes},
          {"num_replicas", s.replicas},
          {"duplicate_window", nanoseconds(std::min(s.duplicates, retention_of(s)))}};
}

/// Puts the wanted members into `present`; true if any of them was different.
bool merge(js::object& present, const js::object& wanted) {
  bool changed = false;
  for (const auto& [name, value] : wanted) {
    js::value& now = present[name];
    if (now == value) continue;
    // Numbers come back signed or unsigned, as they please.
    if (now.is_number() && value.is_number() && now.to_number<std::int64_t>() == value.to_number<std::int64_t>()) {
      continue;
    }
    now = value;
    changed = true;
  }
  return changed;
}

awaitable<std::string> update_stream(nats_link& link, const nats_settings& s, js::object present) {
  js::object wanted = stream_config(s);
  // What an operator has made safer stays, and what cannot be changed is not tried.
  if (present["num_replicas"].to_number<std::int64_t>() > s.replicas) wanted.erase("num_replicas");
  wanted.erase("description");
  const bool in_memory = present["storage"] != wanted["storage"];
  wanted.erase("storage");
  const bool other_retention = present["retention"] != wanted["retention"];
  wanted.erase("retention");
  if (merge(present, wanted)) {
    const api_answer updated = co_await ask(link, "STREAM.UPDATE." + s.stream, js::serialize(present));
    must(updated, "change of the stream");
    log::info("bus: the stream was brought up to date", {{"stream", s.stream}});
  }
  if (in_memory) co_return "the stream " + s.stream + " is kept in memory; delete it to have it made on disk";
  if (other_retention) co_return "the stream " + s.stream + " has another retention policy than limits";
  co_return "";
}

}  // namespace

std::size_t lane_of(std::string_view subject) { return hash(subject) % nats_lanes; }

std::string address_of(const nats_settings& settings, const event& e) {
  const bool bad = e.type.empty() || e.type.front() == '.' || e.type.back() == '.' ||
                   e.type.find("..") != std::string::npos ||
                   std::ranges::any_of(e.type, [](char c) { return c <= ' ' || c == '*' || c == '>' || c > '~'; });
  if (bad) throw std::runtime_error("an event's type cannot be part of a NATS subject: " + e.type);
  return settings.subject_root + "." + std::to_string(lane_of(e.subject)) + "." + e.type;
}

std::vector<std::string> filters_of(const nats_settings& settings, const std::vector<std::string>& types,
                                    std::size_t lane) {
  const std::string root = settings.subject_root + "." + std::to_string(lane) + ".";
  std::vector<std::string> all;
  for (const std::string& type : types) {
    if (!type.ends_with('*')) {
      all.push_back(root + type);
    } else {  // up to the last whole word; the rest is looked at here
      const auto dot = type.rfind('.');
      all.push_back(root + (dot == std::string::npos ? "" : type.substr(0, dot + 1)) + ">");
    }
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const auto covered = [&all](const std::string& one) {
    return std::ranges::any_of(all, [&](const std::string& other) {
      return other != one && other.ends_with('>') && one.starts_with(other.substr(0, other.size() - 1));
    });
  };
  std::vector<std::string> out;
  std::ranges::copy_if(all, std::back_inserter(out), [&](const auto& one) { return !covered(one); });
  return out;
}

std::string durable_name(const std::string& consumer, const std::vector<std::string>& types, std::size_t lane) {
  std::vector<std::string> sorted = types;
  std::ranges::sort(sorted);
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", hash(listed(sorted)));
  return plain(consumer) + "-" + digits.data() + "-" + std::to_string(lane);
}

namespace {

/// What the durables of a group's consumers would be called if each had its own.
std::vector<std::string> names_alone(const consumer_group& whose, std::size_t lane) {
  std::vector<std::string> out;
  for (const auto& each : whose.members()) {
    out.push_back(durable_name(each->what().consumer, each->what().types, lane));
  }
  return out;
}

}  // namespace

std::string durable_name(const consumer_group& whose, std::size_t lane) {
  const std::vector<std::string> names = names_alone(whose, lane);
  return names.size() == 1 ? names.front() : durable_name(whose.name(), names, lane);
}

awaitable<std::string> ensure_stream(nats_link& link, const nats_settings& s) {
  if (retention_of(s) >= consumed_kept) {
    throw std::runtime_error("bus-retention must be shorter than 30 days, for which events are known as consumed");
  }
  for (;;) {
    api_answer present = co_await ask(link, "STREAM.INFO." + s.stream, "");
    if (present.fault == 0) co_return co_await update_stream(link, s, present.body["config"].as_object());
    if (present.fault != stream_not_found) must(present, "stream");
    const api_answer made = co_await ask(link, "STREAM.CREATE." + s.stream, js::serialize(stream_config(s)));
    if (made.fault == stream_name_taken) continue;  // another replica was first
    must(made, "stream");
    log::info("bus: the stream was made", {{"stream", s.stream}, {"replicas", s.replicas}});
    co_return "";
  }
}

namespace {

/// A durable as the server has it.
struct durable {
  std::string name;
  std::vector<std::string> stands_for;  ///< its own name, and those of names_alone() if it is a group's
  std::int64_t seen_to{0};              ///< everything up to it is acknowledged
  bool has_seen_all{false};

  [[nodiscard]] bool is_for(const std::string& name_alone) const {
    return std::ranges::find(stands_for, name_alone) != stands_for.end();
  }
  /// For the same consumer in the same lane, with whichever types.
  [[nodiscard]] bool is_for_other_types_of(std::string_view name_alone) const {
    const std::size_t lane = name_alone.rfind('-');
    const std::size_t types = name_alone.rfind('-', lane - 1) + 1;
    return std::ranges::any_of(stands_for, [&](const std::string& each) {
      return each.size() == name_alone.size() && each.starts_with(name_alone.substr(0, types)) &&
             each.ends_with(name_alone.substr(lane));
    });
  }
};

awaitable<std::vector<durable>> durables(nats_link& link, const nats_settings& s) {
  const auto number = [](const js::value& of) { return of.to_number<std::int64_t>(); };
  std::vector<durable> out;
  for (;;) {
    const js::object asked{{"offset", out.size()}};
    api_answer page = co_await ask(link, "CONSUMER.LIST." + s.stream, js::serialize(asked));
    must(page, "list of consumers");
    const js::value* list = page.body.if_contains("consumers");
    if (list == nullptr || !list->is_array() || list->as_array().empty()) break;
    for (const js::value& each : list->as_array()) {
      const js::object& body = each.as_object();
      durable& d = out.emplace_back();
      d.name = body.at("name").as_string();
      d.stands_for.push_back(d.name);
      if (const js::value* description = body.at("config").as_object().if_contains("description")) {
        std::istringstream words{std::string{description->as_string()}};
        std::ranges::copy(std::views::istream<std::string>(words), std::back_inserter(d.stands_for));
      }
      d.seen_to = number(body.at("ack_floor").as_object().at("stream_seq"));
      d.has_seen_all = number(body.at("num_pending")) == 0 && number(body.at("num_ack_pending")) == 0;
    }
    if (out.size() >= page.body["total"].to_number<std::size_t>()) break;
  }
  co_return out;
}

/// Where a new durable begins. That somebody has seen all is asked after it is known how far the furthest is: then that
/// holds of everything up to there.
awaitable<std::int64_t> first_sequence(nats_link& link, const nats_settings& s, const consumer_group& whose,
                                       std::size_t lane) {
  const std::vector<durable> before = co_await durables(link, s);
  const std::vector<durable> after = co_await durables(link, s);
  const auto has_seen_all = [&](const durable& d) {
    return std::ranges::any_of(after, [&](const durable& now) { return now.name == d.name && now.has_seen_all; });
  };
  const std::vector<std::string> members = names_alone(whose, lane);
  std::int64_t furthest = 0;
  for (const durable& d : before) {
    if (std::ranges::any_of(members, [&](const std::string& each) { return d.is_for(each); })) {
      furthest = std::max(furthest, d.seen_to);
    }
  }
  std::optional<std::int64_t> seen_by_all;
  for (const std::string& each : members) {
    std::optional<std::int64_t> seen;  // what any of its durables has seen, it has seen
    for (const durable& d : before) {
      if (d.is_for(each)) seen = std::max(seen.value_or(0), has_seen_all(d) ? furthest : d.seen_to);
    }
    if (!seen) {
      for (const durable& d : before) {
        if (d.is_for_other_types_of(each)) seen = seen ? std::min(*seen, d.seen_to) : d.seen_to;
      }
    }
    seen_by_all = std::min(seen_by_all.value_or(std::numeric_limits<std::int64_t>::max()), seen.value_or(0));
  }
  co_return *seen_by_all + 1;
}

}  // namespace

awaitable<void> ensure_consumer(nats_link& link, const nats_settings& s, const consumer_group& whose,
                                std::size_t lane) {
  const std::string name = durable_name(whose, lane);
  js::array filters;
  for (auto& each : filters_of(s, whose.types(), lane)) filters.emplace_back(std::move(each));
  js::object wanted{{"ack_policy", "explicit"},
                    {"ack_wait", nanoseconds(s.ack_wait)},
                    {"max_ack_pending", 1},
                    {"max_deliver", -1},
                    {"inactive_threshold", nanoseconds(retention_of(s))}};
  const auto create = [&](js::object config, std::string_view action) {
    js::object body{{"stream_name", s.stream}, {"config", std::move(config)}, {"action", action}};
    return ask(link, "CONSUMER.CREATE." + s.stream + "." + name, js::serialize(body));
  };
  api_answer present = co_await ask(link, "CONSUMER.INFO." + s.stream + "." + name, "");
  if (present.fault == 0) {
    js::object config = present.body["config"].as_object();
    if (merge(config, wanted)) must(co_await create(std::move(config), "update"), "change of a consumer");
    co_return;
  }
  if (present.fault != consumer_not_found) must(present, "consumer");
  wanted["name"] = name;
  wanted["durable_name"] = name;
  wanted["description"] = whose.members().size() == 1 ? whose.name() : listed(names_alone(whose, lane));
  wanted["filter_subjects"] = std::move(filters);
  wanted["replay_policy"] = "instant";
  const std::int64_t first = co_await first_sequence(link, s, whose, lane);
  wanted["deliver_policy"] = first > 1 ? "by_start_sequence" : "all";
  if (first > 1) wanted["opt_start_seq"] = first;
  const api_answer made = co_await create(std::move(wanted), "create");
  if (made.fault == 0) co_return;
  const api_answer others = co_await ask(link, "CONSUMER.INFO." + s.stream + "." + name, "");
  if (others.fault != 0) must(made, "consumer");  // else another replica was first
}

awaitable<consumer_state> state_of(nats_link& link, const nats_settings& s, std::string durable) {
  api_answer present = co_await ask(link, "CONSUMER.INFO." + s.stream + "." + durable, "");
  must(present, "state of a consumer");
  co_return consumer_state{.pending = present.body["num_pending"].to_number<std::int64_t>(),
                           .in_hand = present.body["num_ack_pending"].to_number<std::int64_t>()};
}

delivery_note note_of(std::string_view reply) {
  // $JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>, or, with a domain
  // and an account's hash before the stream, and perhaps a word behind.
  std::vector<std::string_view> words;
  for (std::size_t from = 0; from <= reply.size();) {
    const auto dot = std::min(reply.find('.', from), reply.size());
    words.push_back(reply.substr(from, dot - from));
    from = dot + 1;
  }
  const std::size_t at = words.size() >= 11 ? 6 : 4;
  delivery_note out;
  if (words.size() < at + 2) return out;
  out.durable = words[at - 1];
  std::from_chars(words[at].data(), words[at].data() + words[at].size(), out.delivered);
  std::from_chars(words[at + 1].data(), words[at + 1].data() + words[at + 1].size(), out.sequence);
  return out;
}

}  // namespace cumulo::bus
