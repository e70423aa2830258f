#include "task-service/api/encode.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "platform/http/query.hpp"
#include "platform/json/write.hpp"
#include "task-service/storage/rows.hpp"

namespace cumulo::tasks {

namespace {

/// For what cannot hold a character to be escaped: ids, names of enumerators, due times.
void append_plain(std::string& out, std::string_view name, std::string_view text) {
  out.append(name).append("\"").append(text).append("\"");
}

void append_maybe(std::string& out, std::string_view name, const std::optional<std::string_view>& text) {
  if (text) {
    append_plain(out, name, *text);
  } else {
    out.append(name).append("null");
  }
}

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(name);
  json::write_string(out, text);
}

void append_time(std::string& out, std::string_view name, instant t) {
  out.append(name).append("\"");
  append_rfc3339(out, t);
  out += '"';
}

void append_number(std::string& out, std::string_view name, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(name).append(digits.data(), end);
}

void append_flag(std::string& out, std::string_view name, bool flag) {
  out.append(name).append(flag ? "true" : "false");
}

/// Gathers what is known to be short: ids, names of enumerators, due times, zones. What does not fit is a bug.
class short_text {
 public:
  short_text& add(std::string_view text) {
    if (text.size() > text_.size() - size_)
      throw std::length_error("an id, a due time or a zone that is no such thing");
    std::memcpy(text_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  short_text& add(std::int64_t number) {
    const auto end = std::to_chars(text_.data() + size_, text_.data() + text_.size(), number).ptr;
    size_ = static_cast<std::size_t>(end - text_.data());
    return *this;
  }
  short_text& add(instant t) {
    const rfc3339_text text = rfc3339_of(t);
    return add("\"").add({text.data(), text.size()}).add("\"");
  }
  short_text& add_maybe(const std::optional<std::string_view>& text) {
    return text ? add("\"").add(*text).add("\"") : add("null");
  }
  short_text& add_maybe(const std::optional<instant>& t) { return t ? add(*t) : add("null"); }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 512> text_;
  std::size_t size_{0};
};

}  // namespace

void write_task(std::string& out, const task_view& t) {
  // Appending is most of the work, so the short pieces are gathered first.
  short_text head;
  head.add(R"({"id":")").add(t.id).add(R"(","project_id":")").add(t.project_id).add(R"(","title":)");
  out.append(head.view());
  json::write_string(out, t.title);
  append_text(out, R"(,"description":)", t.description);

  short_text middle;
  middle.add(R"(,"status":")").add(to_text(t.status)).add(R"(","priority":")").add(to_text(t.priority));
  middle.add(R"(","due":)").add_maybe(t.due).add(R"(,"timezone":)").add_maybe(t.timezone).add(R"(,"labels":)");
  out.append(middle.view()).append(t.labels);

  short_text tail;
  tail.add(R"(,"created_at":)").add(t.created_at).add(R"(,"updated_at":)").add(t.updated_at);
  tail.add(R"(,"completed_at":)").add_maybe(t.completed_at);
  tail.add(R"(,"created_by":")").add(t.created_by).add(R"(","version":)").add(t.version).add("}");
  out.append(tail.view());
}

void write_task(std::string& out, const task& t) {
  const std::string labels = labels_to_json(t.labels);
  write_task(out, view_of(t, labels));
}

void write_reminder(std::string& out, const reminder& r, instant now) {
  const auto moment = [&out](std::string_view name, const std::optional<instant>& t) {
    if (t) {
      append_time(out, name, *t);
    } else {
      out.append(name).append("null");
    }
  };
  append_plain(out, R"({"id":)", r.id);
  append_plain(out, R"(,"task_id":)", r.task_id);
  append_maybe(out, R"(,"at":)", r.at);
  append_maybe(out, R"(,"timezone":)", r.timezone);
  append_maybe(out, R"(,"before":)", r.before);
  append_maybe(out, R"(,"time":)", r.time);
  moment(R"(,"remind_at":)", r.remind_at);
  append_plain(out, R"(,"state":)", to_text(state_of(r, now)));
  moment(R"(,"snoozed_until":)", r.snoozed_until);
  moment(R"(,"fired_at":)", r.fired_at);
  append_time(out, R"(,"created_at":)", r.created_at);
  append_number(out, R"(,"version":)", r.version);
  out += '}';
}

void write_project(std::string& out, const project& p) {
  append_plain(out, R"({"id":)", p.id);
  append_text(out, R"(,"name":)", p.name);
  append_text(out, R"(,"description":)", p.description);
  append_maybe(out, R"(,"color":)", p.color);
  append_flag(out, R"(,"is_inbox":)", p.is_inbox);
  append_flag(out, R"(,"archived":)", p.archived);
  append_number(out, R"(,"position":)", p.position);
  append_time(out, R"(,"created_at":)", p.created_at);
  append_time(out, R"(,"updated_at":)", p.updated_at);
  append_number(out, R"(,"version":)", p.version);
  append_plain(out, R"(,"role":)", p.role);
  out += '}';
}

void write_trash_item(std::string& out, const trash_item& item, std::chrono::milliseconds retention) {
  append_plain(out, R"({"id":)", item.id);
  append_plain(out, R"(,"kind":)", item.kind == trash_kind::task ? "task" : "project");
  append_text(out, R"(,"title":)", item.title);
  append_maybe(out, R"(,"project_id":)", item.project_id);
  append_time(out, R"(,"deleted_at":)", item.deleted_at);
  append_time(out, R"(,"purged_after":)", item.deleted_at + retention);
  out += '}';
}

void write_label(std::string& out, const label_count& label) {
  append_text(out, R"({"name":)", label.name);
  append_number(out, R"(,"tasks":)", label.tasks);
  out += '}';
}

std::string etag_of(std::int64_t version) { return std::to_string(version); }

void tell_version(http::response& answer, std::int64_t version) {
  answer.header("ETag", "\"" + etag_of(version) + "\"");
}

list_writer::list_writer(http::response& answer) : answer_(answer) { answer_.body() += R"({"items":[)"; }

std::string& list_writer::next() {
  if (!empty_) answer_.body() += ',';
  empty_ = false;
  return answer_.body();
}

bool list_writer::keep() {
  const std::size_t size = answer_.body().size();
  if (kept_ != 0 && size > largest_page) {
    answer_.body().resize(kept_);
    return false;
  }
  kept_ = size;
  return true;
}

void list_writer::finish(const http::request& r, const std::optional<std::string>& next_cursor) {
  append_maybe(answer_.body(), R"(],"next_cursor":)", next_cursor);
  answer_.body() += '}';
  if (next_cursor) http::link_next(r, answer_, *next_cursor);
  answer_.etag_of_body(r);
}

}  // namespace cumulo::tasks
