#pragma once

/// The latest output of a stream, kept for pages that reconnect.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/limits.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// A ring of the last `capacity` bytes of a stream with 64-bit offsets. Grows as it fills, so that an idle session
/// costs little memory.
class OutputBuffer {
 public:
  explicit OutputBuffer(std::uint64_t offset = 0, std::size_t capacity = limits::replay_buffer);

  /// Offsets of the first byte held, and of the next byte to append.
  std::uint64_t begin() const { return m_end - m_size; }
  std::uint64_t end() const { return m_end; }

  void append(BytesView bytes);
  /// Appends the held bytes from `offset` on to `bytes`, at most `limit`. `offset` lies in begin()..end().
  void copy(std::uint64_t offset, std::size_t limit, Bytes& bytes) const;
  /// True if some appended bytes are no longer held.
  bool is_cut() const { return begin() > m_origin; }
  /// Where to start a replay that cannot start at the stream's beginning: after the first newline held, or at begin()
  /// if there is none.
  std::uint64_t begin_of_line() const;

  void check_invariant() const;

 private:
  void grow(std::size_t needed);

  std::size_t m_capacity;
  std::uint64_t m_origin;
  std::vector<char> m_ring;
  std::size_t m_size = 0;
  std::uint64_t m_end;
  std::uint64_t m_base;  ///< offset of ring position 0 modulo the ring's size
};

}  // namespace tellina
