#include "platform/core/io_threads.hpp"

#include <cassert>

namespace cumulo {
namespace {
constexpr std::size_t no_thread = ~std::size_t{0};
thread_local std::size_t current_index = no_thread;
}  // namespace

io_threads::io_threads(std::size_t count) {
  if (count == 0) {
    const std::size_t cores = std::thread::hardware_concurrency();
    count = cores > 2 ? cores - 1 : 1;
  }
  for (std::size_t i = 0; i < count; ++i) contexts_.push_back(std::make_unique<asio::io_context>(1));
}

io_threads::~io_threads() { stop(); }

void io_threads::start() {
  for (std::size_t i = 0; i < contexts_.size(); ++i) {
    threads_.emplace_back([this, i] {
      current_index = i;
      const auto stay = asio::make_work_guard(*contexts_[i]);
      contexts_[i]->run();
    });
  }
}

void io_threads::stop() {
  for (const auto& context : contexts_) context->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

std::size_t io_threads::current() {
  assert(current_index != no_thread);
  return current_index;
}

bool io_threads::on_one() { return current_index != no_thread; }

}  // namespace cumulo
