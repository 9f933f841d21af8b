#pragma once

/// The end of an output stream, kept for pages that come back.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/limits.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// A ring of the last `capacity` bytes of a stream with 64-bit offsets. Grows as it fills, so that an idle session
/// costs little.
class OutputBuffer {
 public:
  explicit OutputBuffer(std::uint64_t offset = 0, std::size_t capacity = limits::replay_buffer);

  /// Offsets of the first byte held and of the next byte to come.
  std::uint64_t begin() const { return m_end - m_size; }
  std::uint64_t end() const { return m_end; }

  void append(BytesView bytes);
  /// Appends to `bytes` what is held from `offset` on, at most `limit` bytes. `offset` lies in begin()..end().
  void copy(std::uint64_t offset, std::size_t limit, Bytes& bytes) const;
  /// Something that was appended is no longer held.
  bool is_cut() const { return begin() > m_origin; }
  /// Where a replay that cannot start at the stream's beginning should start: after the first newline held, or at
  /// begin() where there is none.
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
