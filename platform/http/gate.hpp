#pragma once
// What stands between a well-framed request and its handler: address, route, rates, caller, media type. No I/O.
#include <cstddef>
#include <string>
#include <string_view>

#include "platform/http/message.hpp"
#include "platform/http/request_builder.hpp"
#include "platform/http/request_parser.hpp"
#include "platform/http/server_thread.hpp"
#include "platform/observe/trace.hpp"

namespace cumulo::http {

/// One request and its answer, with the memory that both are made of: a connection has one and uses it again.
struct exchange final : rate_meter {
  exchange() = default;
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  result<> take(std::uint32_t more) override;

  request asked;
  response answer;
  const route* found{nullptr};     ///< null for the page, and when nothing was found
  const handler* handle{nullptr};  ///< what will answer
  std::size_t route_index{0};      ///< for metrics
  std::string_view method_text;    ///< for metrics and the log; static storage
  std::size_t max_body{0};
  std::string request_id;
  std::string traceparent;
  std::string_view instance;  ///< path as sent, for problems
  std::string_view cors_origin;
  std::string rate_fields;
  server_thread* metered_by{nullptr};  ///< these two when a rate applies
  const rate_class* rate{nullptr};
  std::string client_address;  ///< when a proxy spoke for the client
  std::string decoded;         ///< path parameters
  trace::span span;            ///< of this server; records if the trace is sampled
};

/// Ids and trace of the request, before anything can fail. `head` is null for a request that could not be read.
void name_request(server_thread& thread, exchange& x, const request_head* head, std::string_view peer);

/// Goes through the checks in the order that server.hpp gives. True: call `x.handle` (after reading the body); false:
/// the answer is made.
[[nodiscard]] bool admit(server_thread& thread, exchange& x, const request_head& head, bool peer_is_trusted);

/// Is the request's credential still what its route needs? True where that needs none. False: the answer is made.
[[nodiscard]] bool authenticate(server_thread& thread, exchange& x);

/// Says what became of the request, and ends its span.
void end_span(exchange& x);

inline constexpr std::string_view plain_challenge = R"(Bearer realm="cumulo")";

/// Makes `x.answer` the problem; a 401 gets the challenge (RFC 9110 §15.5.2 demands one).
void answer_problem(exchange& x, const error& e, std::string_view challenge = plain_challenge);

}  // namespace cumulo::http
