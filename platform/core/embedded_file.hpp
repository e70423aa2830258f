#pragma once
#include <string_view>

namespace cumulo {

/// A file compiled into the program by cumulo_embed() (cmake/CumuloEmbed.cmake).
struct embedded_file {
  std::string_view name;
  std::string_view content;
  // Of a folder's files only:
  std::string_view gzipped{};  ///< the content once more; empty if that is no smaller
  std::string_view hash{};     ///< of the content
};

}  // namespace cumulo
