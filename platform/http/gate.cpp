#include "platform/http/gate.hpp"

#include <algorithm>

#include "platform/core/id.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

using std::chrono::steady_clock;

bool is_request_id(std::string_view text) {
  static constexpr std::size_t longest = 64;
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// W3C Trace Context §3.2: version 00, non-zero ids, lower case.
bool is_traceparent(std::string_view t) {
  static constexpr std::size_t size = 55;
  return t.size() == size && t.substr(0, 3) == "00-" && t[35] == '-' && t[52] == '-' && is_hex(t.substr(3, 32)) &&
         is_hex(t.substr(36, 16)) && is_hex(t.substr(53, 2)) &&
         t.substr(3, 32).find_first_not_of('0') != std::string_view::npos &&
         t.substr(36, 16).find_first_not_of('0') != std::string_view::npos;
}

void append_hex(std::string& out, std::uint64_t value) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 16> text;
  for (auto at = text.size(); at-- > 0; value >>= 4U) text[at] = digits[value & 15U];
  out.append(text.data(), text.size());
}

bool refuse(exchange& x, errc code, std::string detail) {
  answer_problem(x, error{code, std::move(detail), {}, {}});
  return false;
}

/// Splits the target; false if it is no path (an absolute address is cut to its path, RFC 9112 §3.2.2).
bool set_target(exchange& x, const request_head& head) {
  auto target = head.target;
  if (target.substr(0, 7) == "http://" || target.substr(0, 8) == "https://") {
    const auto slash = target.find('/', target.find("//") + 2);
    target = slash == std::string_view::npos ? std::string_view{"/"} : target.substr(slash);
  }
  if (target.empty() || (target.front() != '/' && !(target == "*" && head.method == verb::options))) return false;
  if (target.find('#') != std::string_view::npos || !is_well_encoded(target)) return false;
  const auto mark = target.find('?');
  auto path = target.substr(0, mark);
  x.instance = path;
  static constexpr std::string_view prefix = "/api/v1";
  if (path.size() > prefix.size() && path.substr(0, prefix.size()) == prefix && path[prefix.size()] == '/') {
    path.remove_prefix(prefix.size());
  }
  request_builder{x.asked}.target(target, path,
                                  mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1));
  return true;
}

void decode_parameters(exchange& x) {
  auto& parameters = request_builder{x.asked}.path_parameters();
  const bool any = std::any_of(parameters.begin(), parameters.end(),
                               [](const auto& p) { return p.second.find('%') != std::string_view::npos; });
  if (!any) return;
  x.decoded.clear();
  std::size_t room = 0;
  for (const auto& p : parameters) room += p.second.size();
  x.decoded.reserve(room);  // views into it follow
  for (auto& [name, value] : parameters) {
    const auto at = x.decoded.size();
    percent_decode(x.decoded, value);
    value = std::string_view{x.decoded}.substr(at);
  }
}

bool answer_options(exchange& x, const server_shared& s, const router::match& where) {
  if (!where.path_known && x.asked.path() != "*")
    return refuse(x, errc::not_found, "There is nothing at this address.");
  static constexpr std::string_view every_method = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
  const std::string_view allow = where.path_known ? std::string_view{where.allow} : every_method;
  x.answer.status(204);
  x.answer.header("Allow", allow);
  if (!s.settings.cors_origins.empty() && !x.cors_origin.empty() &&
      !x.asked.header("access-control-request-method").empty()) {
    x.answer.header("Access-Control-Allow-Methods", allow);
    x.answer.header("Access-Control-Allow-Headers",
                    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
                    "X-Request-Id, traceparent");
    x.answer.header("Access-Control-Max-Age", "600");
  }
  return false;
}

/// Finds what will answer; otherwise makes the 404, 405 or the answer to OPTIONS.
bool find_route(server_thread& t, exchange& x, const request_head& head) {
  const auto& s = *t.shared;
  auto builder = request_builder{x.asked};
  if (head.method == verb::options) return answer_options(x, s, s.routes.find(x.asked.path()));
  const auto where = head.method ? s.routes.find(*head.method, x.asked.path(), builder.path_parameters())
                                 : s.routes.find(x.asked.path());
  if (where.found != nullptr) {
    x.found = where.found;
    x.handle = &where.found->handle;
    x.route_index = where.index;
    x.max_body = where.found->max_body != 0 ? where.found->max_body : s.settings.max_body;
    builder.route(where.found->path);
    decode_parameters(x);
    return true;
  }
  if (where.path_known) {
    refuse(x, errc::method_not_allowed, "This address answers " + where.allow + ".");
    x.answer.header("Allow", where.allow);
    return false;
  }
  const bool reads = head.method == verb::get || head.method == verb::head;
  static constexpr std::string_view api = "/api/";
  if (reads && s.routes.page() != nullptr && x.instance.substr(0, api.size()) != api) {
    x.handle = s.routes.page();
    x.route_index = t.routes_seen.page();
    x.max_body = s.settings.max_body;
    return true;
  }
  return refuse(x, errc::not_found, "There is nothing at this address.");
}

const rate_class* class_of(const server_shared& s, limit which) {
  switch (which) {
    case limit::none: return nullptr;
    case limit::read: return &s.rates[0];
    case limit::write: return &s.rates[1];
    case limit::sign_in: return &s.rates[2];
  }
  return nullptr;
}

error too_many(server_thread& t, std::chrono::seconds retry_after) {
  t.shared->metrics.reject(rejection::rate);
  return {errc::too_many_requests,
          "Too many requests. Try again later.",
          {},
          std::max(std::chrono::seconds{1}, retry_after)};
}

bool refuse_rate(server_thread& t, exchange& x, std::chrono::seconds retry_after) {
  answer_problem(x, too_many(t, retry_after));
  return false;
}

std::string_view rate_key(server_thread& t, const rate_class& kind, std::string_view who) {
  t.key_scratch.assign(1, kind.key).append(1, ':').append(who);
  return t.key_scratch;
}

/// Takes so many of `who`'s allowance, and says what is left.
auth::rate_decision count(server_thread& t, exchange& x, const rate_class& kind, std::string_view who,
                          std::uint32_t cost) {
  const auto decision = t.shared->limiter.take(rate_key(t, kind, who), kind.allowed, cost);
  x.rate_fields.assign("RateLimit: \"").append(kind.name).append("\";r=").append(std::to_string(decision.remaining));
  x.rate_fields.append(";t=").append(std::to_string(decision.reset.count())).append("\r\n").append(kind.policy);
  return decision;
}

/// Of the account's allowance, or the address's where anyone may call.
auth::rate_decision count(server_thread& t, exchange& x, const rate_class& kind, std::uint32_t cost) {
  if (x.found->who.needs_caller) return count(t, x, kind, x.asked.caller().account_id, cost);
  return count(t, x, kind, client_network(x.asked.client_address()), cost);
}

/// Takes one of it; false when it is used up, and the 429 made.
bool take_rate(server_thread& t, exchange& x, const rate_class& kind) {
  x.metered_by = &t;
  x.rate = &kind;
  request_builder{x.asked}.meter(x);
  const auto decision = count(t, x, kind, 1);
  return decision.allowed || refuse_rate(t, x, decision.reset);
}

/// 401 as RFC 6750 §3 words it.
bool refuse_credential(server_thread& t, exchange& x, const error& why, bool given) {
  const auto& s = *t.shared;
  if (given && why.code == errc::unauthenticated && s.settings.rate_limits) {
    t.last_refused_credential = steady_clock::now();
    const auto decision = count(t, x, s.rates[3], client_network(x.asked.client_address()), 1);
    if (!decision.allowed) return refuse_rate(t, x, decision.reset);
    x.rate_fields.clear();
  }
  answer_problem(x, why, given ? R"(Bearer realm="cumulo", error="invalid_token")" : plain_challenge);
  return false;
}

bool media_is_right(exchange& x, const request_head& head) {
  if (!head.has_body() || x.found == nullptr) return true;
  if (head.method != verb::post && head.method != verb::put && head.method != verb::patch) return true;
  const auto wanted = x.found->media;
  if (wanted == "*") return true;
  const auto field = x.asked.header("content-type");
  const auto type = trim(field.substr(0, field.find(';')));
  if (wanted.empty()
          ? equal_ignoring_case(type, "application/json") || equal_ignoring_case(type, "application/merge-patch+json")
          : equal_ignoring_case(type, wanted)) {
    return true;
  }
  refuse(
      x, errc::unsupported_media,
      "The body must be " + std::string{wanted.empty() ? "application/json" : wanted} + ", as Content-Type must say.");
  if (head.method == verb::patch && wanted.empty()) {
    x.answer.header("Accept-Patch", "application/json, application/merge-patch+json");  // RFC 5789 §2.2
  }
  return false;
}

}  // namespace

result<> exchange::take(std::uint32_t more) {
  const auto cost = std::min(more, std::max(1U, rate->allowed.burst) - 1);  // one has been taken
  const auto decision = count(*metered_by, *this, *rate, cost);
  if (decision.allowed) return {};
  return too_many(*metered_by, decision.reset);
}

bool authenticate(server_thread& t, exchange& x) {
  const auto& s = *t.shared;
  if (x.found == nullptr || !x.found->who.needs_caller) return true;
  const auto& needs = x.found->who;
  static constexpr std::string_view scheme = "bearer ";
  const auto field = x.asked.header("authorization");
  const bool given = field.size() > scheme.size() && equal_ignoring_case(field.substr(0, scheme.size()), scheme);
  if (!given || s.who == nullptr) {
    return refuse_credential(t, x, error{errc::unauthenticated, "Sign in first: this needs a bearer token.", {}, {}},
                             false);
  }
  // Who keeps sending bad credentials stops costing us signatures. Looked up only while there was one lately.
  const auto& failures = s.rates[3];
  if (s.settings.rate_limits && steady_clock::now() - t.last_refused_credential < failures.allowed.window) {
    const auto left =
        t.shared->limiter.take(rate_key(t, failures, client_network(x.asked.client_address())), failures.allowed, 0);
    if (left.remaining == 0) {
      const auto until_one_more = failures.allowed.window / std::max(1U, failures.allowed.burst);
      return refuse_rate(t, x, std::chrono::ceil<std::chrono::seconds>(until_one_more));
    }
  }
  auto caller = s.who->authenticate(trim(field.substr(scheme.size())));
  if (!caller) return refuse_credential(t, x, caller.error(), true);
  const auto& who = **caller;
  request_builder{x.asked}.caller(*caller);
  if (!needs.scope.empty() && !who.may(needs.scope)) {
    refuse(x, errc::forbidden, "The credential does not have the scope " + std::string{needs.scope} + ".");
    x.answer.header("WWW-Authenticate", "Bearer realm=\"cumulo\", error=\"insufficient_scope\", scope=\"" +
                                            std::string{needs.scope} + "\"");
    return false;
  }
  if (needs.administrator && !who.administrator) return refuse(x, errc::forbidden, "This is for administrators.");
  return true;
}

void answer_problem(exchange& x, const error& e, std::string_view challenge) {
  write_problem(x.answer, e, x.instance, x.request_id);
  if (e.code == errc::unauthenticated) x.answer.header("WWW-Authenticate", challenge);
}

void name_request(server_thread& thread, exchange& x, const request_head* head, std::string_view peer) {
  x.answer.clear();
  x.found = nullptr;
  x.handle = nullptr;
  x.route_index = head != nullptr ? thread.routes_seen.unmatched() : thread.routes_seen.unreadable();
  x.method_text = head != nullptr && head->method ? to_text(*head->method) : std::string_view{"OTHER"};
  x.instance = {};
  x.cors_origin = {};
  x.rate_fields.clear();
  auto builder = request_builder{x.asked};
  builder.clear();
  builder.client(peer, false);

  const auto given_id = head != nullptr ? head->fields.find("x-request-id") : std::string_view{};
  if (is_request_id(given_id)) {
    x.request_id.assign(given_id);
  } else {
    x.request_id = new_id();
  }
  const auto given_trace = head != nullptr ? head->fields.find("traceparent") : std::string_view{};
  const bool continues = is_traceparent(given_trace);
  std::string_view flags = "-00";
  x.traceparent.assign("00-");
  if (continues) {
    x.traceparent.append(given_trace.substr(3, 32));
    flags = given_trace.substr(52);
  } else {
    append_hex(x.traceparent, thread.random() | 1U);
    const auto low = thread.random();
    append_hex(x.traceparent, low);
    if (thread.shared->settings.traced && trace::samples(low)) flags = "-01";
  }
  x.traceparent += '-';
  append_hex(x.traceparent, thread.random() | 1U);
  x.traceparent.append(flags);
  if (trace::enabled() && thread.shared->settings.traced) {
    const auto parent = continues ? given_trace.substr(36, 16) : std::string_view{};
    x.span = trace::span{trace::kind::server, x.method_text, x.traceparent, parent};
  }
  builder.request_id(x.request_id);
  builder.traceparent(x.traceparent);
}

void end_span(exchange& x) {
  if (!x.span.records()) return;
  const auto route = x.asked.route();
  if (!route.empty()) x.span.rename(std::string{x.method_text}.append(" ").append(route));
  x.span.set("http.request.method", x.method_text);
  if (!route.empty()) x.span.set("http.route", route);
  x.span.set("http.response.status_code", x.answer.status());
  x.span.set("cumulo.request_id", x.request_id);
  if (x.answer.status() >= 500) x.span.fail({});
  x.span.end();
}

bool admit(server_thread& thread, exchange& x, const request_head& head, bool peer_is_trusted) {
  const auto& s = *thread.shared;
  auto builder = request_builder{x.asked};
  builder.method(head.method.value_or(verb::get));
  builder.fields(head.fields);
  if (peer_is_trusted) {
    const bool secure = equal_ignoring_case(trim(head.fields.find("x-forwarded-proto")), "https");
    if (const auto client = s.trusted.client_of(head.fields.find("x-forwarded-for"))) {
      x.client_address = client->text();
      builder.client(x.client_address, secure);
    } else {
      builder.client(x.asked.client_address(), secure);
    }
  }
  if (!s.settings.cors_origins.empty()) {
    const auto origin = head.fields.find("origin");
    const auto allowed = [&](const std::string& one) { return one == "*" || one == origin; };
    if (!origin.empty() && std::any_of(s.settings.cors_origins.begin(), s.settings.cors_origins.end(), allowed)) {
      x.cors_origin = origin;
    }
  }
  if (!set_target(x, head)) return refuse(x, errc::malformed, "The address is not a well-formed path.");
  if (!find_route(thread, x, head)) return false;
  if (x.found == nullptr) return true;  // the page

  const auto* rate = s.settings.rate_limits ? class_of(s, x.found->rate) : nullptr;
  if (x.found->who.needs_caller && !authenticate(thread, x)) return false;
  if (rate != nullptr && !take_rate(thread, x, *rate)) return false;
  if (!media_is_right(x, head)) return false;
  if (head.content_length > x.max_body) {
    thread.shared->metrics.reject(rejection::too_large);
    return refuse(x, errc::too_large, "The body is larger than " + std::to_string(x.max_body) + " bytes.");
  }
  return true;
}

}  // namespace cumulo::http
