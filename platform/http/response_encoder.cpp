#include "platform/http/response_encoder.hpp"

#include <array>
#include <charconv>

#include "platform/http/problem.hpp"

namespace cumulo::http {
namespace {

constexpr std::size_t worth_a_gather = 16 * 1024;  // below it a copy is cheaper than a second buffer in the write

// Compressed on the I/O thread, where the others wait: about 10 ms.
constexpr std::size_t most_to_compress = 1024 * 1024;

// What every API answer says to a browser that is pointed at it (OWASP REST security cheat sheet).
constexpr std::string_view guard_all =
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nCache-Control: no-store\r\n";

void append_number(std::string& out, std::size_t n) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  out.append(digits.data(), end);
}

void append_status_line(std::string& out, int status) {
  switch (status) {  // the usual ones whole
    case 200: out.append("HTTP/1.1 200 OK\r\n"); return;
    case 201: out.append("HTTP/1.1 201 Created\r\n"); return;
    case 204: out.append("HTTP/1.1 204 No Content\r\n"); return;
    case 304: out.append("HTTP/1.1 304 Not Modified\r\n"); return;
    default: break;
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(status));
  out += ' ';
  out.append(reason(status)).append("\r\n");
}

void append_cors(std::string& out, std::string_view origin) {
  out.append("Access-Control-Allow-Origin: ").append(origin);
  out.append(
      "\r\nAccess-Control-Expose-Headers: ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, "
      "Retry-After, "
      "X-Request-Id\r\n");
}

}  // namespace

std::string_view response_encoder::encode(std::string& out, const response& r, const answer_context& c, gzip& zip,
                                          std::string& scratch) {
  std::string_view body = r.static_body_.empty() ? std::string_view{r.body_} : r.static_body_;
  const bool bodiless = r.status_ == 204 || r.status_ == 304 || r.status_ < 200;
  const bool streamed = r.stream_ && !bodiless;
  if (bodiless || streamed) body = {};

  bool zipped = false;
  const bool compressible = body.size() > c.gzip_over && body.size() <= most_to_compress &&
                            (r.sets_ & response::sets_encoding) == 0U && is_compressible(r.content_type_);
  if (compressible && c.accepts_gzip) {
    scratch.clear();
    zipped = zip.compress(body, scratch);
    if (zipped) body = scratch;
  }

  append_status_line(out, r.status_);
  out.append(c.date);
  if (!body.empty() || streamed) out.append("Content-Type: ").append(r.content_type_).append("\r\n");
  if (streamed) {
    out.append(c.http_1_1 ? "Transfer-Encoding: chunked\r\nX-Accel-Buffering: no\r\n" : "X-Accel-Buffering: no\r\n");
  } else if (!bodiless) {
    out.append("Content-Length: ");
    append_number(out, body.size());
    out.append("\r\n");
  }
  if (zipped) out.append("Content-Encoding: gzip\r\n");
  if (!r.etag_.empty()) out.append(zipped ? "ETag: W/\"" : "ETag: \"").append(r.etag_).append("\"\r\n");
  out.append(r.fields_);
  if (compressible || c.cors_configured || !r.vary_.empty()) {
    out.append("Vary: ").append(r.vary_);
    const char* separator = r.vary_.empty() ? "" : ", ";
    if (compressible) {
      out.append(separator).append("Accept-Encoding");
      separator = ", ";
    }
    if (c.cors_configured) out.append(separator).append("Origin");
    out.append("\r\n");
  }
  if (!c.cors_origin.empty()) append_cors(out, c.cors_origin);
  out.append(c.rate_fields);

  const bool json = r.content_type_.find("json") != std::string::npos;
  if (r.sets_ == 0U && json) {
    out.append(guard_all);
  } else {
    out.append("X-Content-Type-Options: nosniff\r\n");
    if ((r.sets_ & response::sets_referrer) == 0U) out.append("Referrer-Policy: no-referrer\r\n");
    if ((r.sets_ & response::sets_frames) == 0U) out.append("X-Frame-Options: DENY\r\n");
    if ((r.sets_ & response::sets_policy) == 0U) {
      out.append(json ? "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
                      : "Content-Security-Policy: frame-ancestors 'none'\r\n");
    }
    if ((r.sets_ & response::sets_cache_control) == 0U) out.append("Cache-Control: no-store\r\n");
  }

  out.append("X-Request-Id: ").append(c.request_id).append("\r\n");
  if (!c.traceparent.empty()) out.append("traceparent: ").append(c.traceparent).append("\r\n");
  if (!c.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (!c.http_1_1) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");

  if (c.head_only) return {};
  if (body.size() >= worth_a_gather && !zipped) return body;
  out.append(body);
  return {};
}

}  // namespace cumulo::http
