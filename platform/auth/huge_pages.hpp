#pragma once
// Huge pages for the memory of password hashes: for the threads that make them, and the bench of what these could do.
//
// libsodium maps that memory, some 19 MiB, anew for each hash, and has the kernel fill it at once with pages of 4 kB.
// This takes longer than Argon2 does (docs/adr/0030), and whoever maps or unmaps in this process waits meanwhile.
// libsodium cannot be given memory, and knows no other way to ask for it. So mmap() of the C library is interposed in
// every program of which this is a part; for threads that did not ask for huge pages it is what it was.

namespace cumulo::auth {

/// From now on, what the calling thread maps of anonymous memory, 2 MiB and more at once, consists of huge pages where
/// the kernel has some (its `transparent_hugepage/enabled` being `madvise` or `always`) and comes as it is touched.
/// Under a sanitizer, which interposes mmap() itself, nothing changes.
void map_huge_pages();

}  // namespace cumulo::auth
