#pragma once

/// The string that shows whether two binaries can exchange C++ objects.

#include <cstddef>  // defines the standard library's macros

#define TELLINA_SDK_MAJOR 0
#define TELLINA_SDK_MINOR 1

#define TELLINA_STRINGIFY_(x) #x
#define TELLINA_STRINGIFY(x) TELLINA_STRINGIFY_(x)

#if defined(__SANITIZE_ADDRESS__)
#define TELLINA_SANITIZER_TAG "+asan"
#elif defined(__SANITIZE_THREAD__)
#define TELLINA_SANITIZER_TAG "+tsan"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TELLINA_SANITIZER_TAG "+asan"
#elif __has_feature(thread_sanitizer)
#define TELLINA_SANITIZER_TAG "+tsan"
#else
#define TELLINA_SANITIZER_TAG ""
#endif
#else
#define TELLINA_SANITIZER_TAG ""
#endif

#if defined(__GLIBCXX__)
#define TELLINA_STDLIB_TAG "libstdc++-cxx11abi" TELLINA_STRINGIFY(_GLIBCXX_USE_CXX11_ABI)
#elif defined(_LIBCPP_VERSION)
#define TELLINA_STDLIB_TAG "libc++"
#else
#define TELLINA_STDLIB_TAG "unknown"
#endif

/// SDK version, C++ ABI version, standard library and sanitizer. A host refuses a plugin with another tag, because C++
/// classes cross the boundary, and versions with MAJOR 0 make no promise to each other.
#define TELLINA_SDK_ABI_TAG                                              \
  "tellina-" TELLINA_STRINGIFY(TELLINA_SDK_MAJOR) "." TELLINA_STRINGIFY( \
      TELLINA_SDK_MINOR) "/gxxabi" TELLINA_STRINGIFY(__GXX_ABI_VERSION) "/" TELLINA_STDLIB_TAG TELLINA_SANITIZER_TAG
