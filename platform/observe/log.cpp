#include "platform/observe/log.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>

#include "platform/observe/line_format.hpp"
#include "platform/observe/line_writer.hpp"

namespace cumulo::log {
namespace {

constexpr std::chrono::milliseconds flush_patience{3'000};

struct state {
  std::mutex configuring;
  std::atomic<level> least{level::info};
  std::atomic<bool> json{true};
  std::string service;
  std::atomic<line_writer*> writer{nullptr};
  std::vector<std::unique_ptr<line_writer>> writers;  // earlier ones stay: a thread may just be using one
  std::terminate_handler before{nullptr};
};

/// Never destroyed: threads that outlive main may still log, straight to standard error.
state& shared() {
  static state& the_state = *new state;
  return the_state;
}

void write_through(std::string_view line) {
  // One call, so that lines do not mix; what cannot be written is lost.
  [[maybe_unused]] const auto done = ::write(2, line.data(), line.size());
}

/// This thread's buffer for one line: its memory is kept.
std::string& scratch() {
  thread_local std::string line;
  line.clear();
  return line;
}

/// This thread's lane of the present writer.
struct thread_lane {
  std::shared_ptr<line_writer::lane> lane;
  line_writer* of{nullptr};
};

void finish_writer() {
  if (auto* writer = shared().writer.load()) writer->finish();
}

[[noreturn]] void flush_and_terminate() {
  flush();
  if (shared().before != nullptr) shared().before();
  std::abort();
}

}  // namespace

void configure(const settings& wanted) {
  state& s = shared();
  const std::lock_guard lock{s.configuring};
  auto anew = std::make_unique<line_writer>(wanted.file);
  s.least = wanted.least;
  s.json = wanted.json;
  s.service = wanted.service;
  finish_writer();
  s.writer = s.writers.emplace_back(std::move(anew)).get();
  if (s.before == nullptr) {
    std::atexit(finish_writer);
    s.before = std::set_terminate(flush_and_terminate);
  }
}

void flush() {
  if (auto* writer = shared().writer.load()) writer->flush(flush_patience);
}

bool enabled(level l) { return l >= shared().least.load(std::memory_order_relaxed); }

void write(level l, std::string_view message, std::initializer_list<field> fields) {
  if (!enabled(l)) return;
  state& s = shared();
  std::string& line = scratch();
  const std::span<const field> members{fields.begin(), fields.size()};
  if (s.json.load(std::memory_order_relaxed)) {
    append_json_line(line, system_clock().now(), l, s.service, message, members);
  } else {
    append_text_line(line, system_clock().now(), l, message, members);
  }
  if (auto* writer = s.writer.load()) {
    writer->add(line, l >= level::error);
  } else {
    write_through(line);
  }
}

void access(const access_line& line) {
  if (!enabled(level::info)) return;
  state& s = shared();
  const bool json = s.json.load(std::memory_order_relaxed);
  const auto append = [&](std::string& out) {
    if (json) {
      append_json_access(out, system_clock().now(), s.service, line);
    } else {
      append_text_access(out, system_clock().now(), line);
    }
  };
  auto* writer = s.writer.load();
  if (writer == nullptr) {
    std::string& text = scratch();
    append(text);
    return write_through(text);
  }
  thread_local thread_lane mine;
  if (mine.of != writer) mine = {.lane = writer->make_lane(), .of = writer};
  line_writer::lane& lane = *mine.lane;
  const std::lock_guard lock{lane.access};
  append(lane.lines);
  writer->line_added(lane);
}

counts statistics() {
  if (auto* writer = shared().writer.load()) {
    const auto [written, dropped] = writer->statistics();
    return {.written = written, .dropped = dropped};
  }
  return {};
}

}  // namespace cumulo::log
