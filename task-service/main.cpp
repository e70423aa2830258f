#include "contracts/contract.hpp"
#include "task-service/app.hpp"

int main(int argc, char** argv) {
  using namespace cumulo;
  const auto options = tasks::app::options();
  service::program what;
  what.name = "task-service";
  what.default_listen = "0.0.0.0:8081";
  what.default_management_listen = "0.0.0.0:9464";
  what.options.assign(options.begin(), options.end());
  what.make = [](service::runtime& shared) {
    std::vector<std::unique_ptr<service::component>> components;
    components.push_back(std::make_unique<tasks::app>(shared));
    return components;
  };
  what.documents = contract::files();
  return service::run(what, argc, argv);
}
