#pragma once

/// The string that shows whether two binaries can exchange C++ objects.

#include <cstddef>  // defines the standard library's macros

#define TELLINA_SDK_MAJOR 0
#define TELLINA_SDK_MINOR 1
/// Raised whenever a virtual function of the SDK is added, removed or moved: the sizes of classes do not show it.
#define TELLINA_SDK_REVISION 4

#define TELLINA_STRINGIFY_(x) #x
#define TELLINA_STRINGIFY(x) TELLINA_STRINGIFY_(x)

#if defined(__SANITIZE_ADDRESS__)
#define TELLINA_SANITIZER_TAG "asan"
#elif defined(__SANITIZE_THREAD__)
#define TELLINA_SANITIZER_TAG "tsan"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TELLINA_SANITIZER_TAG "asan"
#elif __has_feature(thread_sanitizer)
#define TELLINA_SANITIZER_TAG "tsan"
#elif __has_feature(memory_sanitizer)
#define TELLINA_SANITIZER_TAG "msan"
#else
#define TELLINA_SANITIZER_TAG "no-sanitizer"
#endif
#else
#define TELLINA_SANITIZER_TAG "no-sanitizer"
#endif

#if defined(__GLIBCXX__)
#if _GLIBCXX_INLINE_VERSION
#define TELLINA_STDLIB_TAG "libstdc++8"
#elif _GLIBCXX_USE_CXX11_ABI
#define TELLINA_STDLIB_TAG "libstdc++6-cxx11"
#else
#define TELLINA_STDLIB_TAG "libstdc++6-cxx98"
#endif
#elif defined(_LIBCPP_VERSION)
#define TELLINA_STDLIB_TAG "libc++" TELLINA_STRINGIFY(_LIBCPP_ABI_VERSION)
#else
#define TELLINA_STDLIB_TAG "unknown"
#endif

#if defined(_GLIBCXX_DEBUG) || defined(_LIBCPP_ENABLE_DEBUG_MODE)
#define TELLINA_DEBUG_TAG "debug"
#else
#define TELLINA_DEBUG_TAG "no-debug"
#endif

#if defined(__cpp_rtti) || defined(__GXX_RTTI)
#define TELLINA_RTTI_TAG "rtti"
#else
#define TELLINA_RTTI_TAG "no-rtti"
#endif

#if defined(__cpp_exceptions)
#define TELLINA_EXCEPTIONS_TAG "exceptions"
#else
#define TELLINA_EXCEPTIONS_TAG "no-exceptions"
#endif

/// SDK version, standard library with its ABI, its debug mode, RTTI, exceptions and sanitizer. The ABI tag of a plugin
/// (`abi_tag` in `tellina/plugin.hpp`) is this, a '/', the plugin's kind, a '-', and a hash of the layouts of the SDK's
/// classes. The compiler and its version are not in it: g++ and clang++ agree on the C++ ABI of one standard library.
#define TELLINA_SDK_ABI_TAG                                                                                           \
  "tellina-" TELLINA_STRINGIFY(TELLINA_SDK_MAJOR) "." TELLINA_STRINGIFY(TELLINA_SDK_MINOR) "/" TELLINA_STDLIB_TAG     \
                                                                                           "/" TELLINA_DEBUG_TAG      \
                                                                                           "/" TELLINA_RTTI_TAG       \
                                                                                           "/" TELLINA_EXCEPTIONS_TAG \
                                                                                           "/" TELLINA_SANITIZER_TAG
