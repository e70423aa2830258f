#include "notification-service/delivery/webhook_body.hpp"

#include <sodium.h>

#include <algorithm>
#include <span>

#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

struct escape {
  char from;
  std::string_view to;
};

// Slack: https://docs.slack.dev/messaging/formatting-message-text (the three that begin its markup).
constexpr std::array slack_escapes{escape{'&', "&amp;"}, escape{'<', "&lt;"}, escape{'>', "&gt;"}};
// Discord takes Markdown; a backslash takes a character's meaning away.
constexpr std::array discord_escapes{escape{'\\', "\\\\"}, escape{'*', "\\*"}, escape{'_', "\\_"}, escape{'~', "\\~"},
                                     escape{'`', "\\`"},   escape{'|', "\\|"}, escape{'>', "\\>"}, escape{'#', "\\#"},
                                     escape{'[', "\\["},   escape{']', "\\]"}, escape{'<', "\\<"}};

/// One chat's incoming webhook. In `line` %t is the title, %b the body (with its line end, if there is one), %l the
/// link; in `body` %j is all of it as a JSON string, %s as it stands.
struct flavour {
  webhook_format format;
  std::string_view content_type;
  std::string_view line;
  std::string_view body;
  std::size_t most;  ///< bytes of the text
  std::span<const escape> escapes;
  std::string_view title_field;  ///< header fields, where the chat wants these apart
  std::string_view link_field;
};

constexpr std::array flavours{
    flavour{webhook_format::slack, "application/json", "*%t*\n%b%l", R"({"text":%j})", 8'000, slack_escapes, "", ""},
    flavour{webhook_format::discord, "application/json", "**%t**\n%b%l",
            R"({"content":%j,"allowed_mentions":{"parse":[]}})", 2'000, discord_escapes, "", ""},
    flavour{webhook_format::ntfy, "text/plain; charset=utf-8", "%b", "%s", 4'000, {}, "Title", "Click"},
};

/// Appends what fits; the cut falls between characters, and never inside an escape.
void append_escaped(std::string& out, std::string_view text, std::span<const escape> escapes, std::size_t most) {
  constexpr std::string_view cut = "…";
  std::size_t whole = out.size();  // up to here there is room for the mark of a cut
  for (std::size_t i = 0; i < text.size();) {
    std::size_t size = 1;
    while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xC0U) == 0x80U) ++size;
    std::string_view piece = text.substr(i, size);
    const auto special =
        std::find_if(escapes.begin(), escapes.end(), [&](const escape& e) { return e.from == text[i]; });
    if (special != escapes.end()) piece = special->to;
    if (out.size() + piece.size() > most) {
      out.resize(whole);
      out += cut;
      return;
    }
    out += piece;
    if (out.size() + cut.size() <= most) whole = out.size();
    i += size;
  }
}

std::string absolute(const std::optional<std::string>& link, std::string_view site) {
  if (!link) return {};
  return link->starts_with('/') ? std::string{site} + *link : *link;
}

/// RFC 2047, so that a title may have any letters; within the line that ntfy reads.
std::string header_text(std::string_view text) {
  std::string cut;
  append_escaped(cut, text, {}, 400);
  const auto is_plain = [](char c) { return c >= ' ' && c < 0x7f; };
  if (std::all_of(cut.begin(), cut.end(), is_plain) && cut.find("=?") == std::string::npos) return cut;
  std::string encoded(sodium_base64_ENCODED_LEN(cut.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), reinterpret_cast<const unsigned char*>(cut.data()), cut.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  encoded.pop_back();  // its NUL
  return "=?UTF-8?B?" + encoded + "?=";
}

/// `template_text` with each %x replaced by what `of(x)` appends.
template <class Of>
std::string fill(std::string_view template_text, Of of) {
  std::string out;
  for (std::size_t i = 0; i < template_text.size(); ++i) {
    if (template_text[i] == '%' && i + 1 < template_text.size()) {
      of(out, template_text[++i]);
    } else {
      out += template_text[i];
    }
  }
  return out;
}

webhook_request write_chat(const flavour& chat, const webhook_message& what, std::string_view site) {
  const std::string link = absolute(what.link, site);
  // The title and the link are short by their own rules; the body gets the rest.
  const std::size_t reserve = what.title.size() * 2 + link.size() + 64;
  const std::size_t room = chat.most - std::min(chat.most / 2, reserve);
  std::string text = fill(chat.line, [&](std::string& out, char which) {
    if (which == 't') append_escaped(out, what.title, chat.escapes, chat.most / 2);
    if (which == 'b' && what.body) {
      append_escaped(out, *what.body, chat.escapes, room);
      out += '\n';
    }
    if (which == 'l') out += link;
  });
  while (text.ends_with('\n')) text.pop_back();
  if (text.empty()) text = what.title;
  webhook_request made;
  made.headers.push_back("Content-Type: " + std::string{chat.content_type});
  if (!chat.title_field.empty()) made.headers.push_back(std::string{chat.title_field} + ": " + header_text(what.title));
  if (!chat.link_field.empty() && !link.empty()) made.headers.push_back(std::string{chat.link_field} + ": " + link);
  made.body = fill(chat.body, [&](std::string& out, char which) {
    if (which == 'j') json::write_string(out, text);
    if (which == 's') out += text;
  });
  return made;
}

webhook_request write_standard(const webhook_message& what) {
  webhook_request made{{"Content-Type: application/json"}, R"({"type":)"};
  json::write_string(made.body, what.type);
  made.body += R"(,"timestamp":")";
  append_rfc3339(made.body, what.at);
  made.body.append(R"(","data":)").append(what.data).append("}");
  return made;
}

}  // namespace

webhook_request write_webhook(webhook_format format, const webhook_message& what, std::string_view site) {
  const auto chat =
      std::find_if(flavours.begin(), flavours.end(), [&](const flavour& each) { return each.format == format; });
  return chat == flavours.end() ? write_standard(what) : write_chat(*chat, what, site);
}

}  // namespace cumulo::notifications
