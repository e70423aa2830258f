#include "notification-service/mail/letters.hpp"

#include <span>
#include <stdexcept>

#include "platform/core/embedded_file.hpp"

namespace cumulo::notifications::mail {

std::span<const embedded_file> templates();

namespace {

text_template built_in(std::string_view name) {
  for (const embedded_file& each : templates()) {
    if (each.name == name) return text_template{each.content};
  }
  throw std::logic_error("no such template: " + std::string{name});
}

/// Where somebody looks for what concerns the account itself there is nothing to unsubscribe from.
constexpr std::string_view settings_page = "/app/settings/notifications";

}  // namespace

letter_writer::letter_writer(letterhead head)
    : head_(std::move(head)),
      domain_(head_.from.address.substr(head_.from.address.find('@') + 1)),
      english_{built_in("mail.en.txt"), built_in("mail.en.html")},
      german_{built_in("mail.de.txt"), built_in("mail.de.html")} {}

std::string letter_writer::absolute(const std::string& link) const {
  if (!link.starts_with('/')) return link;
  return head_.public_url.empty() ? std::string{} : head_.public_url + link;
}

mail_message letter_writer::write(const letter& l) const {
  const template_values values{{"title", l.says.title},
                               {"body", l.says.body.value_or("")},
                               {"link", absolute(l.says.link.value_or(""))},
                               {"name", l.to.name},
                               {"site", head_.public_url},
                               {"settings", absolute(std::string{settings_page})},
                               {"unsubscribe", l.unsubscribe}};
  const texts& from = l.speaks == language::german ? german_ : english_;
  mail_message m{.from = head_.from,
                 .to = l.to,
                 .subject = l.says.title,
                 .message_id = l.id + "@" + domain_,
                 .date = l.date,
                 .text = from.plain.render(values, escaping::none),
                 .html = from.html.render(values, escaping::html)};
  m.fields = {{"Auto-Submitted", "auto-generated"},
              {"Content-Language", l.speaks == language::german ? "de" : "en"},
              {"List-Id", "\"Cumulo\" <notifications." + domain_ + ">"}};
  if (!l.unsubscribe.empty()) {
    m.fields.emplace_back("List-Unsubscribe", "<" + l.unsubscribe + ">");
    m.fields.emplace_back("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
  }
  return m;
}

}  // namespace cumulo::notifications::mail
