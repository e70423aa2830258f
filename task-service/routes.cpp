#include "task-service/routes.hpp"

#include "task-service/api/project_api.hpp"
#include "task-service/api/reminder_api.hpp"
#include "task-service/api/task_api.hpp"
#include "task-service/api/trash_api.hpp"

namespace cumulo::tasks {

namespace {

template <class Api>
http::handler bind(Api& api, awaitable<result<>> (Api::*method)(const http::request&, http::response&)) {
  return [&api, method](const http::request& r, http::response& answer) { return (api.*method)(r, answer); };
}

}  // namespace

std::vector<http::route> routes(task_api& tasks, reminder_api& reminders, project_api& projects, trash_api& trash) {
  using enum http::verb;
  const http::access reader = http::caller_with(auth::scope_tasks_read);
  const http::access writer = http::caller_with(auth::scope_tasks_write);
  const auto read = http::limit::read;
  const auto write = http::limit::write;
  return {
      {get, "/tasks", bind(tasks, &task_api::list), reader, read},
      {post, "/tasks", bind(tasks, &task_api::create), writer, write},
      {get, "/tasks/{id}", bind(tasks, &task_api::get), reader, read},
      {put, "/tasks/{id}", bind(tasks, &task_api::change), writer, write},
      {patch, "/tasks/{id}", bind(tasks, &task_api::change), writer, write},
      {delete_, "/tasks/{id}", bind(tasks, &task_api::remove), writer, write},
      {post, "/tasks/{id}/restore", bind(tasks, &task_api::restore), writer, write},

      {get, "/tasks/{id}/reminders", bind(reminders, &reminder_api::list), reader, read},
      {post, "/tasks/{id}/reminders", bind(reminders, &reminder_api::create), writer, write},
      {get, "/tasks/{id}/reminders/{reminder_id}", bind(reminders, &reminder_api::get), reader, read},
      {delete_, "/tasks/{id}/reminders/{reminder_id}", bind(reminders, &reminder_api::remove), writer, write},
      {post, "/tasks/{id}/reminders/{reminder_id}/snooze", bind(reminders, &reminder_api::snooze), writer, write},

      {get, "/projects", bind(projects, &project_api::list), reader, read},
      {post, "/projects", bind(projects, &project_api::create), writer, write},
      {get, "/projects/{id}", bind(projects, &project_api::get), reader, read},
      {put, "/projects/{id}", bind(projects, &project_api::change), writer, write},
      {patch, "/projects/{id}", bind(projects, &project_api::change), writer, write},
      {delete_, "/projects/{id}", bind(projects, &project_api::remove), writer, write},
      {post, "/projects/{id}/restore", bind(projects, &project_api::restore), writer, write},
      {get, "/labels", bind(projects, &project_api::list_labels), reader, read},

      {get, "/trash", bind(trash, &trash_api::list), reader, read},
      {delete_, "/trash", bind(trash, &trash_api::empty), writer, write},
      {delete_, "/trash/{id}", bind(trash, &trash_api::erase), writer, write},
  };
}

}  // namespace cumulo::tasks
