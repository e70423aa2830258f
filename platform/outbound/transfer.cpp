#include "platform/outbound/transfer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace cumulo::outbound {

namespace {

constexpr std::size_t largest_headers = 16 * 1024;
constexpr long connect_timeout_ms = 10'000;
constexpr long longest_idle_s = 50;

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_method(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_envelope_address(std::string_view text) {
  return is_one_line(text) && text.find_first_of("<> ") == std::string_view::npos;
}

std::optional<std::pair<ip_address, std::uint16_t>> read_address(const sockaddr* where) {
  if (where->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, where, sizeof v4);
    ip_address found;
    std::memcpy(found.bytes.data(), &v4.sin_addr, 4);
    return std::pair{found, ntohs(v4.sin_port)};
  }
  if (where->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, where, sizeof v6);
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return std::pair{*parse_ip(text.data()), ntohs(v6.sin6_port)};  // parsed, so that a mapped one is IPv4
  }
  return std::nullopt;
}

failure kind_of(CURLcode code, bool is_mail) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return failure::unresolvable;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_INTERFACE_FAILED: return failure::unreachable;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED: return failure::tls;
    case CURLE_OPERATION_TIMEDOUT: return failure::timeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return failure::invalid;
    case CURLE_WEIRD_SERVER_REPLY: return is_mail ? failure::unreachable : failure::protocol;
    default: return failure::protocol;
  }
}

bool is_whole_head(std::string_view text) { return text.ends_with("\r\n\r\n") || text.ends_with("\n\n"); }

std::string last_line(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return std::string{text.substr(text.find_last_of('\n') + 1)};
}

}  // namespace

parsed_url parse_url(const std::string& url, std::string_view scheme, std::string_view other_scheme) {
  parsed_url parsed{curl_url()};
  // libcurl takes one slash or three for two.
  const auto slashes = url.find("://");
  const bool is_strict = slashes != std::string::npos && url.find_first_of("/\\", slashes + 3) != slashes + 3;
  if (!parsed || !is_strict || !is_one_line(url)) return nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) return nullptr;
  const std::string given = part_of(parsed.get(), CURLUPART_SCHEME);
  if (given != scheme && given != other_scheme) return nullptr;
  if (part_of(parsed.get(), CURLUPART_HOST).empty()) return nullptr;
  return parsed;
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy{text};
  curl_free(text);
  return copy;
}

transfer::transfer(std::variant<http_call, smtp_call> call, const client_settings& settings,
                   std::function<void(exchange)> done)
    : call_(std::move(call)), settings_(settings), done_(std::move(done)) {
  deadline_ = began_ + std::visit([](const auto& c) { return c.timeout; }, call_);
  if (const auto* http = std::get_if<http_call>(&call_)) {
    url_ = parse_url(http->url, "http", "https");
    const bool sound = is_method(http->method) && std::all_of(http->headers.begin(), http->headers.end(), is_one_line);
    if (!sound) url_.reset();
  } else {
    const auto& mail = std::get<smtp_call>(call_);
    url_ = parse_url(mail.server, "smtp", "smtps");
    const bool sound = is_envelope_address(mail.from) && !mail.to.empty() &&
                       std::all_of(mail.to.begin(), mail.to.end(), is_envelope_address);
    if (!sound) url_.reset();
  }
  if (url_) origin_ = part_of(url_.get(), CURLUPART_HOST) + ":" + part_of(url_.get(), CURLUPART_PORT);
}

std::string_view transfer::purpose() const {
  return std::visit([](const auto& c) { return c.purpose; }, call_);
}

bool transfer::add(text_list& to, const std::string& line) {
  curl_slist* const longer = curl_slist_append(to.get(), line.c_str());
  if (longer == nullptr) return false;
  if (!to) to.reset(longer);  // otherwise it is the same list, grown at its end
  return true;
}

CURL* transfer::prepare() {
  handle_.reset(curl_easy_init());
  if (!handle_) return nullptr;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - steady::now()).count();
  const long timeout = std::max(1L, static_cast<long>(left));
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CURLU, url_.get());
  set(CURLOPT_PROXY, "");  // not those of the environment: the address checked must be the one connected to
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_TIMEOUT_MS, timeout);
  set(CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, connect_timeout_ms));
  set(CURLOPT_MAXAGE_CONN, longest_idle_s);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name service that hangs is left behind; waiting for it would hold up every call
  set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_WRITEFUNCTION, take_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, take_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!settings_.ca_file.empty()) {
    set(CURLOPT_CAINFO, settings_.ca_file.c_str());
    set(CURLOPT_CAPATH, "/etc/ssl/certs");
  }
  for (const std::string& each : settings_.hosts) {
    if (!add(hosts_, each)) return nullptr;
  }
  if (hosts_) set(CURLOPT_RESOLVE, hosts_.get());
  const auto* http = std::get_if<http_call>(&call_);
  const bool made = http != nullptr ? prepare_http(*http) : prepare_mail(std::get<smtp_call>(call_));
  return made && option_code_ == CURLE_OK ? handle_.get() : nullptr;
}

bool transfer::prepare_http(const http_call& call) {
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (call.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (call.method != "GET" || !call.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    set(CURLOPT_POSTFIELDS, call.body.data());
    set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }
  bool made = add(headers_, "Expect:");
  for (const std::string& line : call.headers) made = made && add(headers_, line);
  set(CURLOPT_HTTPHEADER, headers_.get());
  return made;
}

bool transfer::prepare_mail(const smtp_call& call) {
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  if (!call.user.empty()) {
    set(CURLOPT_USERNAME, call.user.c_str());
    set(CURLOPT_PASSWORD, call.password.c_str());
  }
  set(CURLOPT_USE_SSL, static_cast<long>(call.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!call.require_tls) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  set(CURLOPT_MAIL_FROM, call.from.c_str());
  bool made = true;
  for (const std::string& each : call.to) made = made && add(recipients_, each);
  set(CURLOPT_MAIL_RCPT, recipients_.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(call.message.size()));
  set(CURLOPT_READFUNCTION, give_message);
  set(CURLOPT_READDATA, this);
  return made;
}

curl_socket_t transfer::open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& t = *static_cast<transfer*>(self);
  if (!t.is_mail()) {
    const auto where = read_address(&address->addr);
    const auto why = where ? t.settings_.policy.why_refused(where->first, where->second)
                           : std::optional<std::string_view>{"not an internet address"};
    if (why) {
      ++t.refused_;
      t.refusal_ = *why;
      return CURL_SOCKET_BAD;
    }
  }
  ++t.opened_;
  return ::socket(address->family, static_cast<int>(static_cast<unsigned>(address->socktype) | SOCK_CLOEXEC),
                  address->protocol);
}

std::size_t transfer::take_body(char* data, std::size_t /*one*/, std::size_t size, void* self) {
  auto& t = *static_cast<transfer*>(self);
  const auto* http = std::get_if<http_call>(&t.call_);
  if (http == nullptr) return size;
  const std::size_t room = http->largest_answer - std::min(http->largest_answer, t.outcome_.body.size());
  t.outcome_.body.append(data, std::min(room, size));
  if (size <= room) return size;
  t.too_large_ = true;
  return 0;
}

std::size_t transfer::take_header(char* data, std::size_t /*one*/, std::size_t size, void* self) {
  auto& t = *static_cast<transfer*>(self);
  if (t.outcome_.headers.size() + size > largest_headers) {
    t.too_large_ = true;
    return 0;
  }
  t.outcome_.headers.append(data, size);
  return size;
}

std::size_t transfer::give_message(char* to, std::size_t one, std::size_t room, void* self) {
  auto& t = *static_cast<transfer*>(self);
  const std::string& message = std::get<smtp_call>(t.call_).message;
  const std::size_t count = std::min(one * room, message.size() - t.given_);
  std::copy_n(message.data() + t.given_, count, to);
  t.given_ += count;
  return count;
}

exchange transfer::conclude(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  outcome_.status = static_cast<int>(status);
  const char* remote = nullptr;
  curl_easy_getinfo(handle_.get(), CURLINFO_PRIMARY_IP, &remote);
  if (remote != nullptr) outcome_.remote_address = remote;
  if (code == CURLE_OK && !is_mail() && !is_whole_head(outcome_.headers)) {
    return conclude(failure::unreachable, "The answer broke off.");  // which libcurl takes for an end
  }
  if (code == CURLE_OK) {
    outcome_.took = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - began_);
    return std::move(outcome_);
  }
  if (refused_ > 0 && opened_ == 0)
    return conclude(failure::refused_address, "The address is refused: " + refusal_ + ".");
  if (too_large_) return conclude(failure::too_large, "The answer is too large.");
  // A connection that is cut and a server that refuses come as one and the same code.
  const bool is_refusal =
      is_mail() && status >= 400 && code != CURLE_OPERATION_TIMEDOUT && code != CURLE_USE_SSL_FAILED;
  if (is_refusal) return conclude(failure::protocol, last_line(outcome_.headers));
  if (code == CURLE_UNSUPPORTED_PROTOCOL && opened_ > 0)
    return conclude(failure::protocol, "This is no answer of HTTP.");
  return conclude(kind_of(code, is_mail()), curl_easy_strerror(code));
}

exchange transfer::conclude(failure kind, std::string detail) {
  outcome_.failed = kind;
  outcome_.detail = std::move(detail);
  outcome_.took = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - began_);
  return std::move(outcome_);
}

void transfer::finish(exchange outcome) {
  handle_.reset();
  std::exchange(done_, nullptr)(std::move(outcome));
}

}  // namespace cumulo::outbound
