#include "platform/service/component.hpp"

namespace cumulo::service {

/// Defined by cumulo_embed().
std::span<const embedded_file> migrations();

std::vector<embedded_file> with_platform_migrations(std::span<const embedded_file> own) {
  std::vector<embedded_file> all;
  for (const std::span<const embedded_file> part : {bus::bus_migrations(), migrations(), own}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace cumulo::service
