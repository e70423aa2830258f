// The three services in one process: wiring and nothing else.
#include "contracts/contract.hpp"
#include "notification-service/app.hpp"
#include "standalone/commands.hpp"
#include "standalone/data_folder.hpp"
#include "task-service/app.hpp"
#include "user-service/app.hpp"

namespace {

using namespace cumulo;

std::vector<option> options() {
  std::vector<option> all = users::options();
  for (const std::span<const option> part :
       {tasks::app::options(), notifications::app::options(), standalone::options()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<std::unique_ptr<service::component>> components(service::runtime& shared) {
  std::vector<std::unique_ptr<service::component>> all;
  all.push_back(std::make_unique<users::app>(shared));
  all.push_back(std::make_unique<tasks::app>(shared));
  all.push_back(std::make_unique<notifications::app>(shared));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  std::optional<standalone::data_folder_lock> lock;
  service::program what;
  what.name = "cumulo";
  what.default_listen = "127.0.0.1:8000";
  what.default_management_listen = "127.0.0.1:9464";
  what.options = options();
  what.make = [&lock](service::runtime& shared) {
    standalone::claim(shared.options, lock);
    return components(shared);
  };
  what.commands = standalone::commands(users::commands());
  what.holds_keys = true;
  what.in_process_bus = true;
  what.page = standalone::page;
  what.documents = contract::files();
  what.ready = standalone::greet;
  return service::run(what, argc, argv);
}
