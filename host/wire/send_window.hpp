#pragma once

/// Limits how far a stream's sender may run ahead of its reader.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "host/runtime/assertion.hpp"

namespace tellina {

/// Offsets of one stream: how far it was sent, and how far the reader has acknowledged. Threads: one.
class SendWindow {
 public:
  /// `limit`: how many bytes may be sent beyond the last acknowledgement.
  explicit SendWindow(std::uint64_t limit) : m_limit(limit) {}

  /// Both sides agree on this offset.
  void restart(std::uint64_t offset) { m_sent = m_acknowledged = offset; }
  std::uint64_t sent() const { return m_sent; }
  std::uint64_t acknowledged() const { return m_acknowledged; }
  /// How many bytes may be sent now.
  std::uint64_t room() const { return m_limit - (m_sent - m_acknowledged); }

  /// `bytes` is at most room().
  void send(std::uint64_t bytes) {
    const InvariantScope scope(*this);
    m_sent += bytes;
  }
  /// Returns false, without any change, for an offset that was never sent. An offset below the last one changes nothing
  /// either.
  bool acknowledge(std::uint64_t offset) {
    const InvariantScope scope(*this);
    if (offset > m_sent) return false;
    m_acknowledged = std::max(m_acknowledged, offset);
    return true;
  }

  /// The sender no longer has the bytes before this offset, so the reader sees a gap. If that exceeds the window, the
  /// acknowledged offset moves, too.
  void skip_to(std::uint64_t offset) {
    const InvariantScope scope(*this);
    m_sent = std::max(m_sent, offset);
    m_acknowledged = std::max(m_acknowledged, m_sent - std::min(m_sent, m_limit));
  }

  void check_invariant() const {
    TELLINA_ASSERT(m_acknowledged <= m_sent);
    TELLINA_ASSERT(m_sent - m_acknowledged <= m_limit);
  }

 private:
  std::uint64_t m_limit;
  std::uint64_t m_sent = 0;
  std::uint64_t m_acknowledged = 0;
};

}  // namespace tellina
