#include "contracts/contract.hpp"
#include "user-service/app.hpp"

int main(int argc, char** argv) {
  using namespace cumulo;
  service::program program{
      .name = "user-service",
      .default_listen = "0.0.0.0:8080",
      .default_management_listen = "0.0.0.0:9464",
      .options = users::options(),
      .make =
          [](service::runtime& shared) {
            std::vector<std::unique_ptr<service::component>> components;
            components.push_back(std::make_unique<users::app>(shared));
            return components;
          },
      .commands = users::commands(),
      .holds_keys = true,
      .in_process_bus = false,
      .documents = contract::files(),
  };
  return service::run(program, argc, argv);
}
