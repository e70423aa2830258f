#include "platform/service/idempotency.hpp"

#include <sodium.h>

#include <cassert>

namespace cumulo::service {

namespace {

constexpr sql::statement insert_record{
    "idempotency.insert",
    "INSERT INTO idempotency (caller, key_hash, request_hash, status, encrypted, answer, created_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
constexpr sql::statement find_record{"idempotency.find",
                                     "SELECT request_hash, status, encrypted, answer FROM idempotency "
                                     "WHERE caller = ?1 AND key_hash = ?2 AND created_at > ?3"};
constexpr sql::statement delete_expired{
    "idempotency.delete_expired",
    "DELETE FROM idempotency WHERE (caller, key_hash) IN "
    "(SELECT caller, key_hash FROM idempotency WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)"};
constexpr sql::statement delete_one_expired{
    "idempotency.delete_one_expired",
    "DELETE FROM idempotency WHERE caller = ?1 AND key_hash = ?2 AND created_at <= ?3"};

constexpr std::chrono::milliseconds lifetime = std::chrono::hours{24};
constexpr std::size_t longest_key = 255;
constexpr std::uint64_t sweep_batch = 500;

using bytes = std::basic_string<unsigned char>;

const unsigned char* data_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64(const unsigned char* data, std::size_t size) {
  std::string out(sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), data, size, sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // the terminating NUL
  return out;
}

/// BLAKE2b over parts, each preceded by its length so that no two lists of parts hash alike.
void hash_parts(unsigned char* out, std::size_t size, std::initializer_list<std::string_view> parts) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, size);
  for (const std::string_view part : parts) {
    const std::uint64_t length = part.size();
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&length), sizeof length);
    crypto_generichash_update(&state, data_of(part), part.size());
  }
  crypto_generichash_final(&state, out, size);
}

std::string hash_text(std::initializer_list<std::string_view> parts) {
  std::array<unsigned char, crypto_generichash_BYTES> digest{};
  hash_parts(digest.data(), digest.size(), parts);
  return base64(digest.data(), digest.size());
}

using box_key = std::array<unsigned char, crypto_secretbox_KEYBYTES>;

box_key key_of(std::string_view caller, std::string_view client_key) {
  box_key key{};
  hash_parts(key.data(), key.size(), {"cumulo idempotency answer", caller, client_key});
  return key;
}

std::string encrypt(std::string_view plain, const box_key& key) {
  std::vector<unsigned char> box(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size());
  randombytes_buf(box.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(box.data() + crypto_secretbox_NONCEBYTES, data_of(plain), plain.size(), box.data(), key.data());
  return base64(box.data(), box.size());
}

std::optional<std::string> decrypt(std::string_view text, const box_key& key) {
  std::vector<unsigned char> box(text.size());
  std::size_t size = 0;
  if (sodium_base642bin(box.data(), box.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      size < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES) {
    return std::nullopt;
  }
  std::string plain(size - crypto_secretbox_NONCEBYTES - crypto_secretbox_MACBYTES, '\0');
  if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(plain.data()),
                                 box.data() + crypto_secretbox_NONCEBYTES, size - crypto_secretbox_NONCEBYTES,
                                 box.data(), key.data()) != 0) {
    return std::nullopt;
  }
  return plain;
}

bool is_well_formed(std::string_view key) {
  return !key.empty() && key.size() <= longest_key &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void restore(http::response& answer, int status, std::string_view stored) {
  answer.clear();
  answer.status(status);
  std::size_t start = 0;
  while (start < stored.size()) {
    const std::size_t end = stored.find("\r\n", start);
    if (end == std::string_view::npos || end == start) {
      start = end == start ? end + 2 : stored.size();
      break;
    }
    const std::string_view line = stored.substr(start, end - start);
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos) answer.header(line.substr(0, colon), line.substr(colon + 2));
    start = end + 2;
  }
  answer.header("Idempotency-Replayed", "true");
  answer.body().assign(stored.substr(std::min(start, stored.size())));
}

}  // namespace

void idempotency_record::seal(const http::response& answer, bool secret) {
  std::string text{answer.fields()};
  text += "\r\n";
  text += answer.body_text();
  answer_ = secret ? encrypt(text, key_of(caller_, key_)) : std::move(text);
  values_.assign({sql::param{caller_}, sql::param{key_hash_}, sql::param{request_hash_}, sql::param{answer.status()},
                  sql::param{secret}, sql::param{answer_}, sql::param{created_at_}});
}

sql::command idempotency_record::command() const { return {&statement(), values()}; }

const sql::statement& idempotency_record::statement() const { return insert_record; }

std::span<const sql::param> idempotency_record::values() const {
  assert(!values_.empty() && "seal() comes first");
  return values_;
}

awaitable<bool> idempotency_record::is_repeat(sql::transaction& tx) const {
  const std::array values{sql::param{caller_}, sql::param{key_hash_}, sql::param{created_at_ - lifetime.count()}};
  co_return co_await tx.execute(find_record, values) > 0;
}

awaitable<std::optional<result<>>> idempotency::replay(const idempotency_record& record, http::response& answer) {
  const std::int64_t oldest = to_millis(time_.now() - lifetime);
  const std::array values{sql::param{record.caller_}, sql::param{record.key_hash_}, sql::param{oldest}};
  std::optional<result<>> outcome;
  auto take = [&](const sql::row& row) {
    if (row.text(0) != record.request_hash_) {
      outcome = error{errc::invalid,
                      "This Idempotency-Key was used before with another request.",
                      {{"", "idempotency_key_reused", "Use a new key for a new request."}}};
      return;
    }
    const int status = static_cast<int>(row.integer(1));
    if (row.integer(2) == 0) {
      restore(answer, status, row.text(3));
    } else if (auto plain = decrypt(row.text(3), key_of(record.caller_, record.key_))) {
      restore(answer, status, *plain);
    } else {
      throw std::runtime_error("an idempotency record cannot be decrypted");
    }
    outcome = result<>{};
  };
  co_await store_.query(find_record, values, take);
  co_return outcome;
}

awaitable<result<>> idempotency::run(const http::request& r, http::response& answer, work todo) {
  if (!r.has_header("idempotency-key")) co_return co_await todo(nullptr);
  const std::string_view key = r.header("idempotency-key");
  if (!is_well_formed(key)) {
    co_return error{errc::malformed, "Idempotency-Key must be 1 to 255 visible ASCII characters."};
  }

  idempotency_record record;
  record.caller_ = r.maybe_caller() ? r.caller().account_id : "anonymous " + std::string{r.client_address()};
  record.key_ = key;
  record.key_hash_ = hash_text({record.caller_, key});
  if (r.maybe_caller()) {
    record.request_hash_ = hash_text({http::to_text(r.method()), r.path(), r.body()});
  } else {
    // Whoever shares the address must not be given what another credential was answered with.
    record.request_hash_ = hash_text({http::to_text(r.method()), r.path(), r.body(), r.header("cookie"),
                                      r.header("x-cumulo-session"), r.header("authorization")});
  }
  record.created_at_ = to_millis(time_.now());

  if (auto earlier = co_await replay(record, answer)) co_return *earlier;

  std::optional<result<>> done;  // nothing if another record was in the way
  try {
    done = co_await todo(&record);
  } catch (const sql::database_error& e) {
    if (e.kind() != sql::failure::unique_violation || e.statement() != insert_record.name) throw;
  }
  if (done && *done) co_return *done;
  // What refused it may have been the first request's change: an address taken, a link used.
  if (auto first = co_await replay(record, answer)) co_return *first;
  if (done) co_return *done;
  // The record in the way is older than 24 hours and not yet swept.
  const std::array values{sql::param{record.caller_}, sql::param{record.key_hash_},
                          sql::param{to_millis(time_.now() - lifetime)}};
  const std::array commands{sql::command{&delete_one_expired, values}};
  co_await store_.write(commands);
  answer.clear();
  co_return co_await todo(&record);
}

awaitable<void> idempotency::sweep(const std::function<bool()>& stopping) {
  const std::array values{sql::param{to_millis(time_.now() - lifetime)}, sql::param{sweep_batch}};
  const std::array commands{sql::command{&delete_expired, values}};
  std::array<std::uint64_t, 1> gone{sweep_batch};
  while (gone[0] == sweep_batch && !stopping()) co_await store_.write(commands, gone);
}

}  // namespace cumulo::service
