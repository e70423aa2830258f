#include "platform/http/static_files.hpp"

#include <array>
#include <string>
#include <unordered_map>

#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

constexpr std::string_view policy_of_the_page =
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

struct served_file {
  embedded_file file;
  std::string_view type;
  bool immutable;
  std::string_view policy;
};

using file_map = std::unordered_map<std::string, served_file>;

/// "app-3f2a9c01.js": a bundler's hash, eight or more of [A-Za-z0-9_-] with a digit, after the last '-' or '.' of the
/// stem.
bool has_content_hash(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const auto stem = name.substr(0, dot);
  const auto cut = stem.find_last_of("-.");
  if (cut == std::string_view::npos) return false;
  const auto hash = stem.substr(cut + 1);
  static constexpr std::size_t shortest = 6;
  bool digit = false;
  for (const char c : hash) {
    const bool is_digit = c >= '0' && c <= '9';
    digit = digit || is_digit;
    if (!is_digit && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_') return false;
  }
  return hash.size() >= shortest && digit;
}

void send(const served_file& served, const request& r, response& out) {
  const embedded_file& file = served.file;
  out.content_type(served.type);
  out.header("Cache-Control", served.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (served.type.starts_with("text/html")) out.header("Content-Security-Policy", served.policy);
  const bool zipped = !file.gzipped.empty() && lists_token(r.header("accept-encoding"), "gzip");
  if (!file.gzipped.empty()) out.header("Vary", "Accept-Encoding");
  // Each form is a fixed sequence of bytes with a strong tag of its own.
  if (out.etag(r, std::string{file.hash} + (zipped ? "-gzip" : ""))) return;
  if (zipped) out.header("Content-Encoding", "gzip");
  out.static_body(zipped ? file.gzipped : file.content);
}

}  // namespace

std::string_view media_type(std::string_view name) {
  struct kind {
    std::string_view extension, type;
  };
  static constexpr std::array kinds{
      kind{"html", "text/html; charset=utf-8"},
      kind{"js", "text/javascript; charset=utf-8"},
      kind{"mjs", "text/javascript; charset=utf-8"},
      kind{"css", "text/css; charset=utf-8"},
      kind{"json", "application/json"},
      kind{"map", "application/json"},
      kind{"webmanifest", "application/manifest+json"},
      kind{"svg", "image/svg+xml"},
      kind{"png", "image/png"},
      kind{"jpg", "image/jpeg"},
      kind{"ico", "image/vnd.microsoft.icon"},
      kind{"webp", "image/webp"},
      kind{"woff2", "font/woff2"},
      kind{"woff", "font/woff"},
      kind{"wasm", "application/wasm"},
      kind{"txt", "text/plain; charset=utf-8"},
      kind{"xml", "application/xml"},
      kind{"yaml", "application/yaml"},
  };
  const auto dot = name.rfind('.');
  if (dot != std::string_view::npos) {
    for (const auto& k : kinds) {
      if (equal_ignoring_case(name.substr(dot + 1), k.extension)) return k.type;
    }
  }
  return "application/octet-stream";
}

handler serve_file(const embedded_file& file, std::string_view policy) {
  return [served = served_file{file, media_type(file.name), false, policy}](const request& r,
                                                                            response& out) -> awaitable<result<>> {
    send(served, r, out);
    co_return result<>{};
  };
}

handler serve_files(std::span<const embedded_file> files) {
  auto all = std::make_shared<file_map>();
  for (const auto& file : files) {
    (*all)["/" + std::string{file.name}] = {file, media_type(file.name), has_content_hash(file.name),
                                            policy_of_the_page};
  }
  return
      [all = std::shared_ptr<const file_map>{std::move(all)}](const request& r, response& out) -> awaitable<result<>> {
        std::string name;
        percent_decode(name, r.path());
        if (name == "/" || name == "/app" || name.starts_with("/app/")) {
          if (!all->contains(name)) name = "/index.html";
        }
        const auto found = all->find(name);
        if (found == all->end()) co_return error{errc::not_found, "There is nothing at this address.", {}, {}};
        send(found->second, r, out);
        co_return result<>{};
      };
}

}  // namespace cumulo::http
