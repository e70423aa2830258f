#include "platform/http/problem.hpp"

#include <array>
#include <charconv>

#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

struct line {
  errc code;
  int status;
  std::string_view name;
};

/// The one table from what a caller can cause to HTTP.
constexpr std::array table{
    line{errc::malformed, 400, "malformed"},
    line{errc::unauthenticated, 401, "unauthenticated"},
    line{errc::forbidden, 403, "forbidden"},
    line{errc::not_found, 404, "not_found"},
    line{errc::method_not_allowed, 405, "method_not_allowed"},
    line{errc::not_acceptable, 406, "not_acceptable"},
    line{errc::request_timeout, 408, "request_timeout"},
    line{errc::conflict, 409, "conflict"},
    line{errc::gone, 410, "gone"},
    line{errc::precondition_failed, 412, "precondition_failed"},
    line{errc::too_large, 413, "too_large"},
    line{errc::uri_too_long, 414, "uri_too_long"},
    line{errc::unsupported_media, 415, "unsupported_media"},
    line{errc::invalid, 422, "invalid"},
    line{errc::header_too_large, 431, "header_too_large"},
    line{errc::too_many_requests, 429, "too_many_requests"},
    line{errc::unavailable, 503, "unavailable"},
    line{errc::storage_full, 507, "storage_full"},
};

const line& line_of(errc code) {
  for (const auto& one : table) {
    if (one.code == code) return one;
  }
  return table.front();
}

/// JSON string. Details may quote what the client sent, so whatever is not UTF-8 is dropped rather than passed on.
void quote(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  const bool sound = is_utf8(text);
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      out.append("\\u00");
      out += digits[u >> 4U];
      out += digits[u & 15U];
    } else if (u >= 0x80 && !sound) {
      out += '?';
    } else {
      out += c;
    }
  }
  out += '"';
}

void start_problem(response& out, int status, std::string_view name, std::string_view detail, std::string_view path,
                   std::string_view request_id) {
  out.clear();
  out.status(status);
  out.content_type("application/problem+json");
  auto& body = out.body();
  std::array<char, 12> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), status).ptr;
  body.append(R"({"type":"https://cumulo.dev/problems/)").append(name).append(R"(","title":)");
  quote(body, reason(status));
  body.append(R"(,"status":)").append(digits.data(), end);
  if (!detail.empty()) {
    body.append(R"(,"detail":)");
    quote(body, detail);
  }
  if (!path.empty()) {
    body.append(R"(,"instance":)");
    quote(body, path);
  }
  body.append(R"(,"request_id":)");
  quote(body, request_id);
}

}  // namespace

int status_of(errc code) { return line_of(code).status; }

std::string_view reason(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

void write_problem(response& out, const error& e, std::string_view path, std::string_view request_id) {
  const auto& known = line_of(e.code);
  start_problem(out, known.status, known.name, e.detail, path, request_id);
  auto& body = out.body();
  if (!e.faults.empty()) {
    body.append(R"(,"errors":[)");
    bool first = true;
    for (const auto& f : e.faults) {
      if (!first) body += ',';
      first = false;
      body.append(R"({"pointer":)");
      quote(body, f.pointer);
      body.append(R"(,"code":)");
      quote(body, f.code);
      body.append(R"(,"detail":)");
      quote(body, f.detail);
      body += '}';
    }
    body += ']';
  }
  body += '}';
  if (e.retry_after) {
    out.header("Retry-After", std::to_string(e.retry_after->count()));
  } else if (known.status == 503 || known.status == 429) {
    out.header("Retry-After", "1");
  }
}

void write_internal_error(response& out, std::string_view path, std::string_view request_id) {
  start_problem(out, 500, "internal", "Something went wrong here. The log has it under this request_id.", path,
                request_id);
  out.body() += '}';
}

}  // namespace cumulo::http
