#pragma once
// The notification-service: inboxes, and the channels by which a person is reached.
#include <memory>
#include <span>

#include "platform/service/component.hpp"

namespace cumulo::notifications {

/// Composition root. The constructor opens the database and brings its schema up to date; it throws as sql::open and
/// sql::migrate do.
class app final : public service::component {
 public:
  explicit app(service::runtime& process);
  ~app() override;

  [[nodiscard]] std::string_view name() const override { return "notification-service"; }
  [[nodiscard]] std::vector<http::route> routes() override;
  void subscribe(bus::broker& events) override;
  void start() override;
  void stop() override;
  [[nodiscard]] std::vector<service::dependency> check() const override;

  /// The service's own options, beside the platform's.
  [[nodiscard]] static std::span<const option> options();
  /// Its database is "<data folder>/notifications.db" unless configured otherwise.
  static constexpr std::string_view database_file = "notifications";

 private:
  struct parts;
  service::runtime& process_;
  std::unique_ptr<parts> parts_;
};

}  // namespace cumulo::notifications
