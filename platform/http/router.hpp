#pragma once
// The whole HTTP surface of a service is one table of these, in its routes.cpp.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.hpp"

namespace cumulo::http {

/// Who may call a route.
struct access {
  bool needs_caller{false};
  std::string_view scope{};  ///< a personal access token must carry it (see auth/principal.hpp)
  bool administrator{false};
};
inline constexpr access anyone{};
[[nodiscard]] constexpr access caller_with(std::string_view scope) { return {true, scope, false}; }
[[nodiscard]] constexpr access administrator_with(std::string_view scope) { return {true, scope, true}; }

/// Which rate applies (server_settings holds the figures). Keyed by account, or by client address for `anyone`.
enum class limit : std::uint8_t { none, read, write, sign_in };

struct route {
  verb method;
  std::string_view path;  ///< template: "/tasks/{id}"; literal segments win over parameters
  handler handle;
  access who{};
  limit rate{limit::read};
  std::size_t max_body = 0;  ///< bytes; 0 is the server's default (1 MiB)
  std::string_view media{};  ///< what a body may be: empty is JSON (and merge-patch+json), "*" anything, else this type
};

/// Where a path leads. Lookup costs what the path's segments cost, whatever the number of routes. Immutable after the
/// first match; then any thread.
class router {
 public:
  router();
  ~router();
  router(router&&) noexcept;
  /// Adds a table. A method and path given twice is a std::logic_error.
  void add(std::vector<route> table);
  /// Answers everything that no route and no API path takes (the page and its client-side routes): GET and HEAD only.
  void fallback(handler page);

  struct match {
    const route* found{nullptr};
    std::size_t index{0};    ///< of the route in routes()
    bool path_known{false};  ///< the path exists with other methods: 405
    std::string allow;       ///< their names, for Allow; only when nothing was found
  };
  /// `path` without "/api/v1" and query. HEAD finds GET. `parameters` receives names and raw (encoded) values. Literal
  /// segments win over parameters, also when only the parameter's branch knows the method (that is a 405).
  [[nodiscard]] match find(verb method, std::string_view path,
                           std::vector<std::pair<std::string_view, std::string_view>>& parameters) const;
  [[nodiscard]] match find(std::string_view path) const;  ///< any method: for OPTIONS, and methods that we do not know
  /// Every (method, template), in the order added: held against contracts/openapi.yaml by a test.
  [[nodiscard]] std::vector<std::pair<verb, std::string_view>> routes() const;
  [[nodiscard]] const handler* page() const;

 private:
  struct node;
  struct stored;
  [[nodiscard]] const node* walk(const node& from, std::string_view rest, std::vector<std::string_view>& values) const;
  std::unique_ptr<node> root_;
  std::vector<std::unique_ptr<stored>> all_;
  handler page_;
};

}  // namespace cumulo::http
