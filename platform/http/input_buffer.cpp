#include "platform/http/input_buffer.hpp"

#include <algorithm>

namespace cumulo::http {
namespace {

constexpr std::size_t least_capacity = 4 * 1024;

}  // namespace

void input_buffer::room(std::size_t least) {
  if (free_size() >= least) return;
  const auto size = end_ - begin_;
  if (capacity_ - size >= least && begin_ >= size) {
    std::copy(data_.get() + begin_, data_.get() + end_, data_.get());
  } else {
    capacity_ = std::max(capacity_ * 2, size + least);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    std::copy(data_.get() + begin_, data_.get() + end_, larger.get());
    data_ = std::move(larger);
  }
  begin_ = 0;
  end_ = size;
}

std::unique_ptr<char[]> input_buffer::detach(std::size_t first) {
  const auto rest = bytes().substr(first);
  const auto size = std::max(rest.size(), least_capacity);
  auto fresh = std::make_unique_for_overwrite<char[]>(size);
  rest.copy(fresh.get(), rest.size());
  std::swap(fresh, data_);
  begin_ = 0;
  end_ = rest.size();
  capacity_ = size;
  return fresh;
}

void input_buffer::shrink(std::size_t most) {
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  if (capacity_ <= most) return;
  data_.reset();
  capacity_ = 0;
}

}  // namespace cumulo::http
