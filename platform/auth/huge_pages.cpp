#include "platform/auth/huge_pages.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U;
thread_local bool wanted = false;

}  // namespace

namespace cumulo::auth {
void map_huge_pages() { wanted = true; }
}  // namespace cumulo::auth

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

extern "C" void* mmap(void* address, std::size_t length, int protection, int flags, int file, off_t offset) noexcept {
  const bool huge = wanted && (flags & MAP_ANONYMOUS) != 0 && length >= huge_page;
  if (huge) flags &= ~MAP_POPULATE;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast,performance-no-int-to-ptr): what the system call gives
  void* const mapped = reinterpret_cast<void*>(::syscall(SYS_mmap, address, length, protection, flags, file, offset));
  if (huge && mapped != MAP_FAILED) (void)::madvise(mapped, length, MADV_HUGEPAGE);  // without them it is slower
  return mapped;
}

#endif
