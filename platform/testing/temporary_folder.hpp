#pragma once
#include <string>
#include <string_view>

namespace cumulo::test {

/// A new empty folder with a short path, gone with all that is in it at the end of the object.
class temporary_folder {
 public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path of a file in it, which need not exist.
  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string{name}; }

 private:
  std::string path_;
};

}  // namespace cumulo::test
