#include "notification-service/domain/texts.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "notification-service/domain/kind.hpp"
#include "notification-service/domain/local_time.hpp"

namespace cumulo::notifications {

namespace {

using named = std::pair<std::string_view, std::string_view>;

/// One language. {…} stand for what is filled in.
struct language {
  std::string_view reminder, due_soon, due;
  std::array<std::string_view, 5> change;     ///< by task_change
  std::array<std::string_view, 5> change_by;  ///< with {actor}
  std::string_view changed, gathered, more;
  std::array<std::string_view, 3> security;  ///< by security_event
  std::string_view when, from, client, token, paused_webhooks, not_you;
  std::string_view overdue, today, this_week;
  std::array<named, 7> members;
  std::array<std::string_view, rules.size()> kinds;
  unsubscribe_words unsubscribe;
};

constexpr language english{
    .reminder = "Reminder: {task}",
    .due_soon = "Due soon: {task}",
    .due = "Due: {time}",
    .change = {"New task: {task}", "Changed: {task}", "Done: {task}", "In the trash: {task}", "Restored: {task}"},
    .change_by = {"{actor} added: {task}", "{actor} changed: {task}", "{actor} completed: {task}",
                  "{actor} put into the trash: {task}", "{actor} restored: {task}"},
    .changed = "Changed: {members}",
    .gathered = "{count} changes of your tasks",
    .more = "… and {count} more",
    .security = {"New sign-in to your account", "Your password was changed", "An access token was made"},
    .when = "When: {time}",
    .from = "From: {address}",
    .client = "With: {client}",
    .token = "Name: {name}",
    .paused_webhooks =
        "Paused webhooks: {count}. Whoever had access before may have added them; switch on again those "
        "that are yours.",
    .not_you = "If this was not you, change your password and look at your sessions and access tokens.",
    .overdue = "{count} overdue",
    .today = "{count} due today",
    .this_week = "{count} due this week",
    .members = {named{"title", "title"}, named{"description", "description"}, named{"due", "due date"},
                named{"priority", "priority"}, named{"status", "status"}, named{"labels", "labels"},
                named{"project_id", "project"}},
    .kinds = {"Reminders", "Tasks that are due soon", "Overview of what is due", "Changes of tasks", "Security",
              "Announcements", "Assigned to you", "Mentions of you", "Comments", "Shared with you"},
    .unsubscribe = {"Fewer e-mails", "No more e-mails about this?", "Stop these e-mails",
                    "You get no more e-mails about this. You can turn them on again in the settings."}};

constexpr language german{
    .reminder = "Erinnerung: {task}",
    .due_soon = "Bald fällig: {task}",
    .due = "Fällig: {time}",
    .change = {"Neue Aufgabe: {task}", "Geändert: {task}", "Erledigt: {task}", "Im Papierkorb: {task}",
               "Wiederhergestellt: {task}"},
    .change_by = {"{actor} hat hinzugefügt: {task}", "{actor} hat geändert: {task}", "{actor} hat erledigt: {task}",
                  "{actor} hat in den Papierkorb gelegt: {task}", "{actor} hat wiederhergestellt: {task}"},
    .changed = "Geändert: {members}",
    .gathered = "{count} Änderungen an deinen Aufgaben",
    .more = "… und {count} weitere",
    .security = {"Neue Anmeldung an deinem Konto", "Dein Passwort wurde geändert", "Ein Zugangstoken wurde erstellt"},
    .when = "Wann: {time}",
    .from = "Von: {address}",
    .client = "Mit: {client}",
    .token = "Name: {name}",
    .paused_webhooks =
        "Angehaltene Webhooks: {count}. Wer vorher Zugang hatte, kann sie angelegt haben; schalte die "
        "wieder ein, die von dir sind.",
    .not_you = "Warst du das nicht, dann ändere dein Passwort und prüfe deine Sitzungen und Zugangstokens.",
    .overdue = "{count} überfällig",
    .today = "{count} heute fällig",
    .this_week = "{count} diese Woche fällig",
    .members = {named{"title", "Titel"}, named{"description", "Beschreibung"}, named{"due", "Fälligkeit"},
                named{"priority", "Priorität"}, named{"status", "Status"}, named{"labels", "Etiketten"},
                named{"project_id", "Projekt"}},
    .kinds = {"Erinnerungen", "Bald fällige Aufgaben", "Übersicht über Fälliges", "Änderungen an Aufgaben",
              "Sicherheit", "Ankündigungen", "Dir zugewiesen", "Erwähnungen", "Kommentare", "Mit dir geteilt"},
    .unsubscribe = {"Weniger E-Mails", "Keine E-Mails mehr hierzu?", "Diese E-Mails abbestellen",
                    "Du erhältst hierzu keine E-Mails mehr. In den Einstellungen kannst du sie wieder einschalten."}};

const language& language_of(std::string_view locale) {
  const std::string tag = email_key(locale.substr(0, locale.find_first_of("-_")));
  return tag == "de" ? german : english;
}

std::string fill(std::string_view text, std::initializer_list<named> values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    for (const auto& [each, value] : values) {
      if (each == name) out.append(value);
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

/// One line of at most `most` code points.
std::string line(std::string_view text, std::size_t most = longest_title) {
  std::string out;
  std::size_t length = 0;
  for (const char c : text) {
    if (!continues(c) && ++length > most) {
      while (continues(out.back())) out.pop_back();  // the last one makes room
      out.pop_back();
      return out + "…";
    }
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return out;
}

/// Appends a line unless the body would become too large; false then.
bool add_line(std::string& body, std::string_view text) {
  if (body.size() + text.size() + 64 > largest_body) return false;
  if (!body.empty()) body += '\n';
  body.append(text);
  return true;
}

std::string due_of(const reader& who, const task_facts& task) {
  constexpr std::size_t date_only = 10;
  if (task.due.size() == date_only) return task.due;
  return task.due_at ? local_text(*task.due_at, who.zone) : line(task.due, 40);
}

content about_task(std::string title, const task_facts& task) {
  return {.title = line(title), .link = "/app/tasks/" + task.id};
}

content dated(const reader& who, std::string_view title, const task_facts& task) {
  content out = about_task(fill(title, {{"task", task.title}}), task);
  const std::string due = due_of(who, task);
  if (!due.empty()) out.body = fill(language_of(who.locale).due, {{"time", due}});
  return out;
}

}  // namespace

content reminder_text(const reader& who, const task_facts& task) {
  return dated(who, language_of(who.locale).reminder, task);
}

content due_soon_text(const reader& who, const task_facts& task) {
  return dated(who, language_of(who.locale).due_soon, task);
}

content task_change_text(const reader& who, task_change what, const task_facts& task,
                         const std::vector<std::string>& changed, std::string_view actor) {
  const language& words = language_of(who.locale);
  const auto at = static_cast<std::size_t>(what);
  const std::string name = line(actor, 60);
  const std::string_view title = actor.empty() ? words.change[at] : words.change_by[at];
  content out = about_task(fill(title, {{"task", task.title}, {"actor", name}}), task);
  std::string members;
  for (const named& each : words.members) {
    if (std::ranges::find(changed, each.first) == changed.end()) continue;
    if (!members.empty()) members += ", ";
    members.append(each.second);
  }
  if (what == task_change::updated && !members.empty()) out.body = fill(words.changed, {{"members", members}});
  return out;
}

content gathered_text(const reader& who, std::int64_t count, const std::vector<std::string>& lines) {
  const language& words = language_of(who.locale);
  content out{.title = fill(words.gathered, {{"count", std::to_string(count)}}), .link = "/app/notifications"};
  std::string body;
  std::int64_t shown = 0;
  for (const std::string& each : lines) {
    if (!add_line(body, "• " + line(each))) break;
    ++shown;
  }
  if (count > shown) add_line(body, fill(words.more, {{"count", std::to_string(count - shown)}}));
  out.body = std::move(body);
  return out;
}

content security_text(const reader& who, security_event what, const security_facts& facts) {
  const language& words = language_of(who.locale);
  std::string body = fill(words.when, {{"time", local_text(facts.at, who.zone)}});
  if (!facts.address.empty()) add_line(body, fill(words.from, {{"address", line(facts.address, 60)}}));
  if (!facts.user_agent.empty()) add_line(body, fill(words.client, {{"client", line(facts.user_agent)}}));
  if (!facts.name.empty()) add_line(body, fill(words.token, {{"name", line(facts.name)}}));
  if (facts.paused_webhooks > 0) {
    add_line(body, fill(words.paused_webhooks, {{"count", std::to_string(facts.paused_webhooks)}}));
  }
  add_line(body, words.not_you);
  return {.title = std::string{words.security[static_cast<std::size_t>(what)]},
          .body = std::move(body),
          .link = "/app/settings/security"};
}

content digest_text(const reader& who, const digest_facts& facts) {
  const language& words = language_of(who.locale);
  std::string title;
  for (const auto& [count, text] : {std::pair{facts.overdue, words.overdue}, std::pair{facts.today, words.today},
                                    std::pair{facts.this_week, words.this_week}}) {
    if (count == 0) continue;
    if (!title.empty()) title += ", ";
    title += fill(text, {{"count", std::to_string(count)}});
  }
  std::string body;
  std::int64_t shown = 0;
  for (const task_facts& each : facts.tasks) {
    if (!add_line(body, "• " + line(each.title) + " (" + due_of(who, each) + ")")) break;
    ++shown;
  }
  const std::int64_t count = facts.overdue + facts.today + facts.this_week;
  if (count > shown) add_line(body, fill(words.more, {{"count", std::to_string(count - shown)}}));
  return {.title = std::move(title), .body = std::move(body), .link = "/app/today"};
}

const unsubscribe_words& unsubscribe_text(std::string_view locale) { return language_of(locale).unsubscribe; }

std::string_view kind_text(std::string_view locale, std::string_view kind) {
  const auto known = parse_kind(kind);
  return known ? language_of(locale).kinds[static_cast<std::size_t>(*known)] : std::string_view{};
}

}  // namespace cumulo::notifications
