#include "platform/service/health.hpp"

#include <boost/describe.hpp>

#include "platform/json/write.hpp"

namespace cumulo::service {

namespace wire {

struct dependency_state {
  std::string name;
  std::string status;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(dependency_state, (), (name, status, detail))

struct readiness {
  std::string status;
  std::vector<dependency_state> dependencies;
};
BOOST_DESCRIBE_STRUCT(readiness, (), (status, dependencies))

}  // namespace wire

std::vector<http::route> health_board::routes() {
  auto alive = [](const http::request&, http::response& answer) -> awaitable<result<>> {
    answer.body() = R"({"status":"alive"})";
    co_return result<>{};
  };
  auto ready = [this](const http::request&, http::response& answer) -> awaitable<result<>> {
    bool can_serve = serving_;
    wire::readiness out;
    for (const dependency& each : check_()) {
      can_serve = can_serve && (each.state.ok || !each.required);
      out.dependencies.push_back({each.name, each.state.ok ? "ok" : "unavailable", each.state.detail});
    }
    out.status = can_serve ? "ready" : "unavailable";
    answer.status(can_serve ? 200 : 503);
    json::write(answer.body(), out);
    co_return result<>{};
  };
  return {{http::verb::get, "/healthz", alive, http::anyone, http::limit::none},
          {http::verb::get, "/readyz", ready, http::anyone, http::limit::none}};
}

}  // namespace cumulo::service
