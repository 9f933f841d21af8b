#pragma once

/// A reader under test: FUZZ_TARGET(name) { ... } gets each input as `BytesView input`.
///
/// Built with TELLINA_FUZZERS, each target is a program of libFuzzer (tools/fuzz runs them). In the other builds they
/// are part of test_fuzz, which gives each the inputs of tests/fuzz/seeds/NAME.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tellina/bytes.hpp"

namespace tellina::fuzz {

class Target {
 public:
  using Read = void (*)(BytesView input);
  Target(const char* name_, Read read_) : name(name_), read(read_) { all().push_back(*this); }
  static std::vector<Target>& all() {
    static std::vector<Target> targets;
    return targets;
  }
  const char* name;
  Read read;
};

/// Cuts an input into the values that a target needs. At the end of the input, returns zeros and empty texts.
class Pieces {
 public:
  explicit Pieces(BytesView input) : m_rest(input) {}

  std::uint8_t octet() {
    if (m_rest.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(m_rest.front());
    m_rest.remove_prefix(1);
    return value;
  }
  std::uint64_t number(int octets = 8) {
    std::uint64_t value = 0;
    for (int i = 0; i < octets; ++i) value = value << 8 | octet();
    return value;
  }
  /// The octets before the next separator, which is skipped.
  BytesView until(char separator) {
    const std::size_t end = m_rest.find(separator);
    const BytesView piece = m_rest.substr(0, end);
    m_rest.remove_prefix(end == BytesView::npos ? m_rest.size() : end + 1);
    return piece;
  }
  /// The next `size` octets, or all that are left if those are fewer.
  BytesView take(std::size_t size) {
    const BytesView piece = m_rest.substr(0, size);
    m_rest.remove_prefix(piece.size());
    return piece;
  }
  BytesView rest() const { return m_rest; }
  bool empty() const { return m_rest.empty(); }

 private:
  BytesView m_rest;
};

[[noreturn]] inline void fail(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
  std::abort();
}

}  // namespace tellina::fuzz

/// Ends the process unless the condition holds.
#define FUZZ_EXPECT(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::tellina::fuzz::fail(#condition, __FILE__, __LINE__))

#ifdef TELLINA_FUZZERS
#define FUZZ_TARGET(target)                                                           \
  static void read_##target(::tellina::BytesView input);                              \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);  \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    read_##target(::tellina::BytesView(reinterpret_cast<const char*>(data), size));   \
    return 0;                                                                         \
  }                                                                                   \
  static void read_##target(::tellina::BytesView input)
#else
#define FUZZ_TARGET(target)                                                       \
  static void read_##target(::tellina::BytesView input);                          \
  static const ::tellina::fuzz::Target target##_is_there(#target, read_##target); \
  static void read_##target(::tellina::BytesView input)
#endif
