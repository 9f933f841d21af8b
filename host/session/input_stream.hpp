#pragma once

/// Puts the page's input into offset order, and tracks how much of it is received, written, recorded and acknowledged.

#include <algorithm>
#include <cstdint>
#include <map>

#include "host/limits.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// One input stream: accepts each byte once, even if it is sent again, and lets it be acknowledged when it is both
/// recorded and written to the shell. Does no I/O.
class InputStream {
 public:
  /// The result of one frame.
  class Arrival {
   public:
    Arrival() = default;
    std::uint64_t offset = 0;    ///< of `bytes`
    Bytes bytes;                 ///< new, in order, ready for the shell; may include frames that were held
    std::size_t dropped = 0;     ///< bytes of this frame that were received before
    bool beyond_window = false;  ///< the frame starts beyond the window and was refused
  };

  explicit InputStream(std::uint64_t offset = 0, std::size_t window = limits::input_window) : m_window(window) {
    jump_to(offset);
  }

  Arrival receive(std::uint64_t offset, BytesView bytes);

  /// Counts everything before `offset` as received, written, recorded and acknowledged (a gap, or the start of a
  /// stream). Drops held frames.
  void jump_to(std::uint64_t offset);

  /// Drops the held frames, because a page that says hello sends everything from received_end() again. Returns their
  /// size in bytes.
  std::size_t drop_early();

  /// Neither value may exceed what was received; `written` never decreases.
  void written(std::uint64_t end);
  void recorded(std::uint64_t end);

  /// The offset of the next byte that has not been received.
  std::uint64_t received_end() const { return m_received; }
  std::uint64_t written_end() const { return m_written; }

  /// How many more bytes can be acknowledged than at the last take_acknowledgement().
  std::size_t unacknowledged() const { return static_cast<std::size_t>(acknowledgeable() - m_acknowledged); }
  /// Returns the offset up to which input can be acknowledged, and remembers it.
  std::uint64_t take_acknowledgement() { return m_acknowledged = acknowledgeable(); }

  void check_invariant() const;

 private:
  std::uint64_t acknowledgeable() const { return std::max(m_acknowledged, std::min(m_written, m_recorded)); }

  std::size_t m_window;
  std::uint64_t m_received = 0;
  std::uint64_t m_written = 0;
  std::uint64_t m_recorded = 0;
  std::uint64_t m_acknowledged = 0;
  std::map<std::uint64_t, Bytes> m_early;
};

}  // namespace tellina
