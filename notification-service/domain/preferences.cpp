#include "notification-service/domain/preferences.hpp"

#include <algorithm>

namespace cumulo::notifications {

namespace {

std::size_t index(kind what) { return static_cast<std::size_t>(what); }
std::size_t index(channel_name through) { return static_cast<std::size_t>(through); }

bool is_wanted_on(const digest_settings& wanted, local_day day) {
  return wanted.daily || (wanted.weekly && weekday_of(day) == wanted.weekday);
}

}  // namespace

bool preferences::wants(kind what, channel_name through) const {
  const rule& r = rule_of(what);
  if (r.inbox_stays && through == channel_name::inbox) return true;
  return choices[index(what)][index(through)].value_or(r.by_default[index(through)]);
}

void preferences::choose(kind what, channel_name through, std::optional<bool> wanted) {
  choices[index(what)][index(through)] = wanted;
}

bool preferences::mutes(std::string_view project_id) const {
  return std::ranges::binary_search(muted_projects, project_id, std::less<std::string_view>{});
}

std::string choices_to_text(const preferences& of) {
  std::string text;
  for (const rule& each : rules) {
    for (const channel_name through : channel_names) {
      const auto chosen = of.choices[index(each.of)][index(through)];
      if (!chosen) continue;
      if (!text.empty()) text += ' ';
      text.append(each.name).append(":").append(to_text(through)).append(*chosen ? "=1" : "=0");
    }
  }
  return text;
}

void choices_from_text(std::string_view text, preferences& into) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const std::size_t colon = word.find(':');
    const std::size_t equals = word.find('=');
    if (colon == std::string_view::npos || equals == std::string_view::npos || equals < colon) continue;
    const auto what = parse_kind(word.substr(0, colon));
    const auto through = parse_channel(word.substr(colon + 1, equals - colon - 1));
    if (what && through) into.choose(*what, *through, word.substr(equals + 1) == "1");
  }
}

std::optional<digest_time> next_digest(const digest_settings& wanted, std::string_view zone, instant now,
                                       std::optional<local_day> last) {
  if (!wanted.daily && !wanted.weekly) return std::nullopt;
  local_day day = day_of(now, zone);
  if (last) day = std::max(day, *last + 1);
  for (;; ++day) {
    if (!is_wanted_on(wanted, day)) continue;
    const instant at = at_local(day, wanted.at, zone);
    if (at > now) return digest_time{day, at};
  }
}

}  // namespace cumulo::notifications
