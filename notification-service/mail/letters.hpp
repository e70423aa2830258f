#pragma once
// Notifications as e-mails, in the reader's language.
#include <optional>
#include <string>

#include "notification-service/domain/language.hpp"
#include "notification-service/domain/message.hpp"
#include "notification-service/mail/mime.hpp"
#include "notification-service/mail/text_template.hpp"

namespace cumulo::notifications::mail {

/// Where mails come from and where their links lead.
struct letterhead {
  mailbox from;
  std::string public_url;  ///< of the page, without a slash at the end; empty: links of this site are left out
};

struct letter {
  std::string id;  ///< the notification's
  std::string kind;
  mailbox to;
  language speaks{language::english};
  content says;
  instant date{};
  std::string unsubscribe{};  ///< address of the page; empty: there is nothing to unsubscribe from
};

/// Makes mails of the templates that are built in. Immutable; any thread.
class letter_writer {
 public:
  explicit letter_writer(letterhead head);
  /// Message-ID follows from the notification's id, so that a repeat can be told; texts only differ when the
  /// notification does. With list headers (RFC 2369, 2919, and 8058 if there is something to unsubscribe from).
  [[nodiscard]] mail_message write(const letter& l) const;

 private:
  struct texts {
    text_template plain;
    text_template html;
  };
  [[nodiscard]] std::string absolute(const std::string& link) const;

  letterhead head_;
  std::string domain_;
  texts english_;
  texts german_;
};

}  // namespace cumulo::notifications::mail
