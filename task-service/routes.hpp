#pragma once
#include <vector>

#include "platform/http/router.hpp"

namespace cumulo::tasks {

class task_api;
class project_api;
class trash_api;
class reminder_api;

/// The whole HTTP surface of the service. What is given outlives the routes.
[[nodiscard]] std::vector<http::route> routes(task_api& tasks, reminder_api& reminders, project_api& projects,
                                              trash_api& trash);

}  // namespace cumulo::tasks
