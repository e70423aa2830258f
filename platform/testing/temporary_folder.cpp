#include "platform/testing/temporary_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace cumulo::test {

temporary_folder::temporary_folder() {
  // The path of a Unix socket in it must stay below 108 characters.
  std::string root = std::filesystem::temp_directory_path().string();
  if (root.size() > 40) root = "/tmp";
  path_ = root + "/cumulo-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp " + path_);
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace cumulo::test
