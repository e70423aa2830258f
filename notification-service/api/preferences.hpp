#pragma once
// GET /notifications/channels, GET and PATCH /notifications/preferences, and the links by which a mail's reader ends
// mails of its kind.
#include "notification-service/storage/preference_repository.hpp"
#include "notification-service/storage/unsubscribe_links.hpp"
#include "platform/http/message.hpp"

namespace cumulo::notifications {

class preferences_api {
 public:
  preferences_api(preference_repository& settings, unsubscribe_links& links, const channel_set& channels,
                  const clock& time)
      : settings_(settings), links_(links), channels_(channels), time_(time) {}

  awaitable<result<>> get_channels(const http::request& r, http::response& answer);
  awaitable<result<>> get(const http::request& r, http::response& answer);
  awaitable<result<>> change(const http::request& r, http::response& answer);

  /// What the link is about; changes nothing, since programs follow links in mails.
  awaitable<result<>> show_unsubscription(const http::request& r, http::response& answer);
  /// RFC 8058: from the mail program, or from the page above.
  awaitable<result<>> unsubscribe(const http::request& r, http::response& answer);

 private:
  awaitable<result<unsubscription>> read_token(const http::request& r);
  awaitable<void> answer_unsubscription(const http::request& r, http::response& answer, const unsubscription& what);

  preference_repository& settings_;
  unsubscribe_links& links_;
  const channel_set& channels_;
  const clock& time_;
};

}  // namespace cumulo::notifications
