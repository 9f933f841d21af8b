# The compiler flags of this project's code: a target gets them by linking tellina_compiler.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # ccache caches precompiled headers only with these two sloppiness options (ccache manual, "Precompiled headers"). With paths
  # relative to the tree, two clones share compiled objects. The inode cache saves ccache from reading the precompiled header's
  # 260 MB for each source.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_INODECACHE=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(tellina_compiler INTERFACE)
target_compile_options(tellina_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Werror
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>
  -fvisibility=hidden -fno-omit-frame-pointer)

if(TELLINA_SANITIZE)
  target_compile_options(tellina_compiler INTERFACE -fsanitize=${TELLINA_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(tellina_compiler INTERFACE -fsanitize=${TELLINA_SANITIZE})
  # "Sanitizers tend to increase the rate of false positive warnings, most notably those around -Wmaybe-uninitialized"
  # (GCC manual, Instrumentation Options); the release build keeps the warning.
  target_compile_options(tellina_compiler INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  if(TELLINA_SANITIZE MATCHES thread)
    # GCC warns about Asio's fences although they are correct.
    target_compile_options(tellina_compiler INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
