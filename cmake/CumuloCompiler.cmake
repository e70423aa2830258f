# Flags that every target gets. Layout and naming rules are clang-format's and clang-tidy's.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fdiagnostics-color=auto)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives of these from inside Boost and coroutine frames.
  add_compile_options(-Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-stringop-overflow -Wno-restrict
                      -Wno-dangling-pointer -Wno-array-bounds -Wno-stringop-overread)
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")
# The compiler makes position-independent executables by default; asking CMake too gives programs -fPIE and libraries
# -fPIC, and then they cannot share a precompiled header.

if(CUMULO_SANITIZE)
  add_compile_options(-fsanitize=${CUMULO_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CUMULO_SANITIZE})
  if(CUMULO_SANITIZE MATCHES "thread")
    # The thread sanitizer does not understand fences. Asio's own order nothing here that a lock does not order too.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    add_compile_options(-Wno-tsan)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
find_program(MOLD mold)
if(MOLD AND NOT CUMULO_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()
