#pragma once
#include <cstddef>
#include <memory>
#include <string_view>

namespace cumulo::http {

/// The bytes received and not yet used. Growing moves them, so views are taken after `room`.
class input_buffer {
 public:
  [[nodiscard]] std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  /// At least `least` free bytes after the present ones; may move them.
  void room(std::size_t least);
  [[nodiscard]] char* free_space() { return data_.get() + end_; }
  [[nodiscard]] std::size_t free_size() const { return capacity_ - end_; }
  void filled(std::size_t n) { end_ += n; }
  void consume(std::size_t n) { begin_ += n; }
  /// Takes the first `first` bytes away, in the memory where they are; the rest goes to fresh memory.
  [[nodiscard]] std::unique_ptr<char[]> detach(std::size_t first);
  /// When nothing is in it, gives its memory back if that is more than `most`.
  void shrink(std::size_t most);

 private:
  std::unique_ptr<char[]> data_;
  std::size_t begin_{0}, end_{0}, capacity_{0};
};

}  // namespace cumulo::http
