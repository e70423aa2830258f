#include "notification-service/mail/text_template.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace cumulo::notifications::mail {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') out += c;
    }
  }
  return out;
}

text_template::text_template(std::string_view text) {
  std::vector<std::string> open;
  while (!text.empty()) {
    const std::size_t start = text.find("{{");
    if (start != 0) parts_.push_back({part_kind::literal, std::string{text.substr(0, start)}});
    if (start == std::string_view::npos) break;
    const std::size_t end = text.find("}}", start);
    if (end == std::string_view::npos) throw std::logic_error("a template has a hole without an end");
    std::string_view name = text.substr(start + 2, end - start - 2);
    part_kind kind = part_kind::value;
    if (name.starts_with('#')) kind = part_kind::begin;
    if (name.starts_with('/')) kind = part_kind::end;
    if (kind != part_kind::value) name.remove_prefix(1);
    if (!is_name(name)) throw std::logic_error("a template has a hole without a name");
    if (kind == part_kind::begin) open.emplace_back(name);
    if (kind == part_kind::end) {
      if (open.empty() || open.back() != name) throw std::logic_error("a template's sections cross");
      open.pop_back();
    }
    parts_.push_back({kind, std::string{name}});
    text.remove_prefix(end + 2);
  }
  if (!open.empty()) throw std::logic_error("a template has a section without an end");
}

std::string text_template::render(const template_values& values, escaping how) const {
  const auto value_of = [&](const std::string& name) -> const std::string& {
    const auto at = values.find(name);
    if (at == values.end()) throw std::logic_error("a template asks for a value that is not there: " + name);
    return at->second;
  };
  std::string out;
  std::size_t hidden = 0;  // depth of sections since the first that is not shown
  for (const part& each : parts_) {
    switch (each.kind) {
      case part_kind::begin:
        if (hidden > 0 || value_of(each.text).empty()) ++hidden;
        break;
      case part_kind::end:
        if (hidden > 0) --hidden;
        break;
      case part_kind::literal:
        if (hidden == 0) out += each.text;
        break;
      case part_kind::value:
        if (hidden == 0) out += how == escaping::html ? escape_html(value_of(each.text)) : value_of(each.text);
        break;
    }
  }
  return out;
}

std::vector<std::string> text_template::names() const {
  std::set<std::string> all;
  for (const part& each : parts_) {
    if (each.kind == part_kind::value || each.kind == part_kind::begin) all.insert(each.text);
  }
  return {all.begin(), all.end()};
}

}  // namespace cumulo::notifications::mail
