#pragma once

/// A hash of the layouts of classes, which shows that two binaries were compiled with different ones.

#include <cstddef>
#include <cstdint>
#include <initializer_list>

// offsetof() of a class that is not of standard layout is optional in C++; g++ and clang++ have it, and warn.
#define TELLINA_BEGIN_LAYOUTS _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Winvalid-offsetof\"")
#define TELLINA_END_LAYOUTS _Pragma("GCC diagnostic pop")

namespace tellina {

/// FNV-1a, 64 bits, over numbers of 64 bits.
class LayoutHash {
 public:
  constexpr LayoutHash() = default;
  constexpr explicit LayoutHash(std::uint64_t value_) : value(value_) {}

  constexpr LayoutHash number(std::uint64_t added) const {
    std::uint64_t hash = value;
    for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ ((added >> shift) & 0xff)) * 0x100000001b3;
    return LayoutHash(hash);
  }
  /// A type's size and alignment, and the offsets of its members.
  template <typename Type>
  constexpr LayoutHash type(std::initializer_list<std::size_t> offsets = {}) const {
    LayoutHash hash = number(sizeof(Type)).number(alignof(Type));
    for (const std::size_t offset : offsets) hash = hash.number(offset);
    return hash;
  }
  /// An enumeration's size, and the value of its last enumerator.
  template <typename Enumeration>
  constexpr LayoutHash last(Enumeration enumerator) const {
    return type<Enumeration>().number(static_cast<std::uint64_t>(enumerator));
  }

  std::uint64_t value = 0xcbf29ce484222325;
};

}  // namespace tellina
