#include "notification-service/api/preferences.hpp"

#include "notification-service/api/preference_types.hpp"
#include "platform/http/query.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::size_t longest_token = 200;

error stale() { return {errc::precondition_failed, "The preferences have changed since you saw them."}; }

void respond(const http::request& r, http::response& answer, const preferences& wanted) {
  if (answer.etag(r, std::to_string(wanted.version))) return;
  write_preferences(answer.body(), wanted);
}

bool wants_page(const http::request& r) { return r.header("accept").find("text/html") != std::string_view::npos; }

/// Forms and multipart bodies alike: RFC 8058 allows both, and nothing else is ever in it.
bool is_one_click(std::string_view body) {
  return body.find("List-Unsubscribe") != std::string_view::npos && body.find("One-Click") != std::string_view::npos;
}

/// `token` is one that we signed, so it needs no escaping.
void write_page(http::response& answer, const reader& who, const unsubscription& what, std::string_view token,
                bool subscribed) {
  const unsubscribe_words& words = unsubscribe_text(who.locale);
  answer.content_type("text/html; charset=utf-8");
  answer.header("Content-Security-Policy",
                "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
  answer.header("Referrer-Policy", "no-referrer");
  std::string& out = answer.body();
  out.append("<!doctype html><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
  out.append(words.title).append("</title><h1>").append(kind_text(who.locale, to_text(what.what))).append("</h1>");
  if (!subscribed) {
    out.append("<p>").append(words.done).append("</p>");
    return;
  }
  out.append("<p>").append(words.question).append("</p><form method=\"post\" action=\"?token=").append(token);
  out.append("\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\"><button>");
  out.append(words.button).append("</button></form>");
}

}  // namespace

awaitable<result<>> preferences_api::get_channels(const http::request& /*r*/, http::response& answer) {
  auto is_configured = [this](channel_name each) { return channels_.at(each).configured(); };
  write_channels(answer.body(), is_configured);
  co_return result<>{};
}

awaitable<result<>> preferences_api::get(const http::request& r, http::response& answer) {
  const profile found = co_await settings_.find(r.caller().account_id);
  respond(r, answer, found.wanted);
  co_return result<>{};
}

awaitable<result<>> preferences_api::change(const http::request& r, http::response& answer) {
  const auto body =
      json::read_checked<preferences_body>(r.body(), [](const preferences_body& b) { return faults_of(b); });
  if (!body) co_return body.error();
  const std::string account_id = r.caller().account_id;
  std::optional<std::int64_t> expected;
  if (!r.header("if-match").empty()) {
    const profile seen = co_await settings_.find(account_id);
    if (!http::if_match_allows(r, std::to_string(seen.wanted.version))) co_return stale();
    expected = seen.wanted.version;
  }
  auto apply = [&](preferences& p) -> result<> {
    merge(*body, p);
    return {};
  };
  const auto changed = co_await settings_.change(account_id, expected, apply, time_.now());
  if (!changed) co_return changed.error();
  respond(r, answer, *changed);
  co_return result<>{};
}

awaitable<result<unsubscription>> preferences_api::read_token(const http::request& r) {
  http::query_reader query{r};
  const auto token = query.text("token", longest_token);
  if (!token) query.fail("token", "required", "The link of the e-mail holds a token.");
  const auto fine = query.finish();
  if (!fine) co_return fine.error();
  auto what = co_await links_.verify(*token);
  if (!what) co_return error{errc::not_found, "This link is not one of ours. Is it complete?"};
  co_return std::move(*what);
}

awaitable<void> preferences_api::answer_unsubscription(const http::request& r, http::response& answer,
                                                       const unsubscription& what) {
  const profile found = co_await settings_.find(what.account_id);
  const bool subscribed = !found.erased && found.wanted.wants(what.what, channel_name::email);
  answer.header("Cache-Control", "no-store");
  if (wants_page(r)) {
    write_page(answer, found.reader, what, r.query("token").value_or(""), subscribed);
    co_return;
  }
  answer.body().append(R"({"kind":")").append(to_text(what.what));
  answer.body().append(R"(","channel":"email","subscribed":)").append(subscribed ? "true}" : "false}");
}

awaitable<result<>> preferences_api::show_unsubscription(const http::request& r, http::response& answer) {
  const auto what = co_await read_token(r);
  if (!what) co_return what.error();
  co_await answer_unsubscription(r, answer, *what);
  co_return result<>{};
}

awaitable<result<>> preferences_api::unsubscribe(const http::request& r, http::response& answer) {
  const auto what = co_await read_token(r);
  if (!what) co_return what.error();
  if (!is_one_click(r.body())) {
    co_return error{errc::invalid,
                    "The body must be List-Unsubscribe=One-Click.",
                    {{"/List-Unsubscribe", "required", "One-Click, as RFC 8058 has it."}}};
  }
  auto end = [&](preferences& p) -> result<> {
    p.choose(what->what, channel_name::email, false);
    return {};
  };
  const auto changed = co_await settings_.change(what->account_id, std::nullopt, end, time_.now());
  // Of an account that is gone no mails come either.
  if (!changed && changed.error().code != errc::not_found) co_return changed.error();
  co_await answer_unsubscription(r, answer, *what);
  co_return result<>{};
}

}  // namespace cumulo::notifications
