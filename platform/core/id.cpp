#include "platform/core/id.hpp"

#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>

namespace cumulo {
namespace {

void fill_random(std::span<unsigned char> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

/// Random numbers for ids, fetched from the system 64 at a time.
std::uint64_t random_number() {
  struct store {
    std::array<unsigned char, 512> bytes{};
    std::size_t used = 512;
  };
  thread_local store mine;
  if (mine.used == mine.bytes.size()) {
    fill_random(mine.bytes);
    mine.used = 0;
  }
  std::uint64_t number{};
  std::memcpy(&number, mine.bytes.data() + mine.used, sizeof number);
  mine.used += sizeof number;
  return number;
}

/// Milliseconds in the upper 48 + 4 bits, a counter in the lower 12. When the counter overflows, or the clock goes
/// back, the milliseconds run ahead of the clock.
std::uint64_t next_stamp() {
  static std::atomic<std::uint64_t> last{0};
  const auto now = static_cast<std::uint64_t>(to_millis(system_clock().now())) << 12U;
  std::uint64_t before = last.load(std::memory_order_relaxed);
  std::uint64_t next{};
  do {
    next = std::max(before + 1, now);
  } while (!last.compare_exchange_weak(before, next, std::memory_order_relaxed));
  return next;
}

constexpr std::string_view hex_digits = "0123456789abcdef";

}  // namespace

std::string new_id() {
  const std::uint64_t stamp = next_stamp();
  const std::uint64_t high = (stamp >> 12U << 16U) | 0x7000U | (stamp & 0xFFFU);
  const std::uint64_t low = (random_number() >> 2U) | (std::uint64_t{0b10} << 62U);
  std::string text(36, '-');
  std::size_t at = 0;
  for (const std::uint64_t half : {high, low}) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
      text[at++] = hex_digits[(half >> static_cast<unsigned>(shift)) & 0xFU];
    }
  }
  return text;
}

bool is_id(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return false;
    } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
      return false;
    }
  }
  return true;
}

std::string random_secret(std::size_t bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string random(bytes, '\0');
  fill_random({reinterpret_cast<unsigned char*>(random.data()), random.size()});
  std::string text;
  text.reserve((bytes * 4 + 2) / 3);
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const char byte : random) {
    window = (window << 8U) | static_cast<unsigned char>(byte);
    bits += 8;
    for (; bits >= 6; bits -= 6) text += alphabet[(window >> (bits - 6)) & 63U];
  }
  if (bits > 0) text += alphabet[(window << (6 - bits)) & 63U];
  return text;
}

}  // namespace cumulo
