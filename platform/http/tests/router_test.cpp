#include "platform/http/router.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace cumulo::http {
namespace {

using parameters = std::vector<std::pair<std::string_view, std::string_view>>;

handler nothing() {
  return [](const request&, response&) -> awaitable<result<>> { co_return result<>{}; };
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  if (path == "/") return parts;
  path.remove_prefix(1);
  for (;;) {
    const auto end = path.find('/');
    parts.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return parts;
    path.remove_prefix(end + 1);
  }
}

bool is_parameter(std::string_view part) { return part.size() > 2 && part.front() == '{'; }

/// The obvious matcher: tries every route; of those whose path fits, the one with literals furthest to the left wins.
struct naive_match {
  std::string_view path;  // of the winning template; empty if none fits
  const route* found{nullptr};
};

naive_match naive_find(const std::vector<route>& table, verb method, std::string_view path) {
  const auto asked = split(path);
  std::string best;
  naive_match answer;
  for (const auto& one : table) {
    const auto parts = split(one.path);
    if (parts.size() != asked.size()) continue;
    std::string shape;  // '0' literal, '1' parameter: the smallest wins
    bool fits = true;
    for (std::size_t i = 0; i < parts.size() && fits; ++i) {
      fits = is_parameter(parts[i]) ? !asked[i].empty() : parts[i] == asked[i];
      shape += is_parameter(parts[i]) ? '1' : '0';
    }
    if (!fits || (!answer.path.empty() && shape > best)) continue;
    if (answer.path.empty() || shape < best) answer = {one.path, nullptr};
    best = shape;
    if (one.method == method) answer.found = &one;
    if (one.method == verb::get && method == verb::head && answer.found == nullptr) answer.found = &one;
  }
  return answer;
}

TEST(router, agrees_with_a_naive_matcher) {
  std::mt19937 random{11};
  const std::vector<std::string> words{"a", "b", "c", "tasks", "{x}", "{y}"};
  const std::vector<std::string> asked_words{"a", "b", "c", "tasks", "z", "", "%20"};
  for (int round = 0; round < 50; ++round) {
    std::set<std::pair<int, std::string>> shapes;
    std::vector<std::string> texts;
    std::vector<verb> methods;
    for (int i = 0; i < 40; ++i) {
      std::string path;
      std::string shape;
      for (auto depth = random() % 5; depth > 0; --depth) {
        const auto& word = words[random() % words.size()];
        path += "/" + word;
        shape += "/" + (word.front() == '{' ? std::string{"{}"} : word);
      }
      if (path.empty()) path = shape = "/";
      const auto method = static_cast<verb>(random() % 6);
      if (!shapes.insert({static_cast<int>(method), shape}).second) continue;
      texts.push_back(path);
      methods.push_back(method);
    }
    std::vector<route> table;
    for (std::size_t i = 0; i < texts.size(); ++i) table.push_back({methods[i], texts[i], nothing()});
    router routes;
    routes.add(table);
    for (int i = 0; i < 300; ++i) {
      std::string path;
      for (auto depth = random() % 6; depth > 0; --depth) path += "/" + asked_words[random() % asked_words.size()];
      if (path.empty()) path = "/";
      const auto method = static_cast<verb>(random() % 7);
      const auto wanted = naive_find(table, method, path);
      parameters values;
      const auto got = routes.find(method, path, values);
      ASSERT_EQ(got.path_known, !wanted.path.empty()) << path;
      ASSERT_EQ(got.found != nullptr, wanted.found != nullptr) << path;
      if (got.found == nullptr) continue;
      ASSERT_EQ(got.found->path, wanted.found->path) << path;
      ASSERT_EQ(got.found->method, wanted.found->method) << path;
      ASSERT_EQ(routes.routes()[got.index].second, got.found->path);
      parameters by_hand;
      const auto parts = split(got.found->path);
      const auto asked = split(path);
      for (std::size_t k = 0; k < parts.size(); ++k) {
        if (is_parameter(parts[k])) by_hand.emplace_back(parts[k].substr(1, parts[k].size() - 2), asked[k]);
      }
      ASSERT_EQ(values, by_hand) << path;
    }
  }
}

TEST(router, table) {
  router routes;
  routes.add({{verb::get, "/tasks", nothing()},
              {verb::post, "/tasks", nothing()},
              {verb::get, "/tasks/{id}", nothing()},
              {verb::get, "/tasks/trash", nothing()},
              {verb::get, "/tasks/{task}/comments/{comment}", nothing()},
              {verb::get, "/", nothing()}});
  struct path_case {
    const char* path;
    const char* wanted;
  };
  for (const auto& c : std::vector<path_case>{{"/tasks", "/tasks"},
                                              {"/tasks/1", "/tasks/{id}"},
                                              {"/tasks/trash", "/tasks/trash"},
                                              {"/tasks/trash/comments/2", "/tasks/{task}/comments/{comment}"},
                                              {"/", "/"},
                                              {"/tasks/", ""},
                                              {"/tasks/1/", ""},
                                              {"/tasks//comments/2", ""},
                                              {"/Tasks", ""},
                                              {"//tasks", ""},
                                              {"", ""},
                                              {"tasks", ""},
                                              {"/{id}", ""},
                                              {"/tasks/{id}", "/tasks/{id}"}}) {
    parameters values;
    const auto got = routes.find(verb::get, c.path, values);
    EXPECT_EQ(got.found == nullptr ? std::string_view{} : got.found->path, c.wanted) << c.path;
  }
  parameters values;
  const auto got = routes.find(verb::get, "/tasks/t1/comments/c%202", values);
  EXPECT_EQ(values, (parameters{{"task", "t1"}, {"comment", "c%202"}}));
  EXPECT_EQ(got.index, 4U);
  EXPECT_EQ(routes.find("/tasks").allow, "GET, HEAD, POST, OPTIONS");
  values.clear();
  EXPECT_EQ(routes.find(verb::delete_, "/tasks", values).allow, "GET, HEAD, POST, OPTIONS");
  EXPECT_FALSE(routes.find("/nothing").path_known);
}

TEST(router, a_mistake_in_a_table_is_found_at_start) {
  router routes;
  routes.add({{verb::get, "/a/{x}", nothing()}});
  EXPECT_THROW(routes.add({{verb::get, "/a/{y}", nothing()}}), std::logic_error);
  EXPECT_THROW(routes.add({{verb::get, "a", nothing()}}), std::logic_error);
  EXPECT_THROW(routes.add({{verb::get, "", nothing()}}), std::logic_error);
  EXPECT_NO_THROW(routes.add({{verb::post, "/a/{y}", nothing()}}));
}

}  // namespace
}  // namespace cumulo::http
