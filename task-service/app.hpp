#pragma once
// The task-service: projects, tasks and all that hangs on them.
#include <memory>
#include <span>

#include "platform/service/component.hpp"

namespace cumulo::tasks {

/// Composition root. The constructor opens the database and brings its schema up to date; it throws as sql::open and
/// sql::migrate do.
class app final : public service::component {
 public:
  explicit app(service::runtime& process);
  ~app() override;

  [[nodiscard]] std::string_view name() const override { return "task-service"; }
  [[nodiscard]] std::vector<http::route> routes() override;
  void subscribe(bus::broker& events) override;
  void start() override;
  void stop() override;
  [[nodiscard]] std::vector<service::dependency> check() const override;

  /// The service's own options, beside the platform's.
  [[nodiscard]] static std::span<const option> options();
  /// Its database is "<data folder>/tasks.db" unless configured otherwise.
  static constexpr std::string_view database_file = "tasks";

 private:
  struct parts;
  service::runtime& process_;
  std::unique_ptr<parts> parts_;
};

}  // namespace cumulo::tasks
