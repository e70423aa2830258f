#pragma once
#include <string_view>

namespace cumulo {

/// A file compiled into the program by cumulo_embed() (cmake/CumuloEmbed.cmake).
struct embedded_file {
  std::string_view name;
  std::string_view content;
};

}  // namespace cumulo
