#pragma once

/// Puts what the page sends into offset order, and knows how far each stage has got.

#include <algorithm>
#include <cstdint>
#include <map>

#include "host/limits.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// Pure bookkeeping of one input stream: bytes are received once each whatever is resent, and are acknowledged when
/// they are both recorded and written to the shell.
class InputStream {
 public:
  /// What became of a frame.
  class Arrival {
   public:
    Arrival() = default;
    std::uint64_t offset = 0;    ///< of `bytes`
    Bytes bytes;                 ///< new, in order, ready for the shell; may hold earlier-held frames too
    std::size_t dropped = 0;     ///< bytes of this frame that had been received before
    bool beyond_window = false;  ///< the frame starts further ahead than the window: it was not taken
  };

  explicit InputStream(std::uint64_t offset = 0, std::size_t window = limits::input_window) : m_window(window) {
    jump_to(offset);
  }

  Arrival receive(std::uint64_t offset, BytesView bytes);

  /// Declares everything before `offset` settled (a gap, or the start of a stream). Held frames are forgotten.
  void jump_to(std::uint64_t offset);

  /// Drops the held frames: a page that says hello sends everything from received_end() again. Returns their bytes.
  std::size_t forget_early();

  /// Neither goes beyond what was received; `written` never goes back.
  void written(std::uint64_t end);
  void recorded(std::uint64_t end);

  /// The offset of the next byte that has not been received.
  std::uint64_t received_end() const { return m_received; }
  std::uint64_t written_end() const { return m_written; }

  /// How much more can be acknowledged than when take_acknowledgement() was last called.
  std::size_t unacknowledged() const { return static_cast<std::size_t>(acknowledgeable() - m_acknowledged); }
  /// How far input can be acknowledged.
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
