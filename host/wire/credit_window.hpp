#pragma once

/// Limits how much input a gateway forwards before the worker returns credit.

#include <algorithm>
#include <cstddef>

#include "host/runtime/assertion.hpp"

namespace tellina {

/// The number of forwarded bytes without credit. Threads: one.
class CreditWindow {
 public:
  explicit CreditWindow(std::size_t limit) : m_limit(limit) {}

  /// Whether a frame of this many bytes may be forwarded now. While nothing is owed, any one frame may, even if it is
  /// larger than the window.
  bool has_room(std::size_t bytes) const { return bytes == 0 || m_owed == 0 || m_owed + bytes <= m_limit; }
  /// The frame is forwarded. Requires has_room().
  void take(std::size_t bytes) {
    TELLINA_ASSERT(has_room(bytes));
    m_owed += bytes;
    m_largest = std::max(m_largest, bytes);
    check_invariant();
  }
  /// Credit has arrived. More than is owed counts as everything that is owed.
  void give_back(std::size_t bytes) {
    m_owed -= std::min(bytes, m_owed);
    check_invariant();
  }
  std::size_t owed() const { return m_owed; }

  void check_invariant() const { TELLINA_ASSERT(m_owed <= std::max(m_limit, m_largest)); }

 private:
  std::size_t m_limit;
  std::size_t m_owed = 0;
  std::size_t m_largest = 0;  ///< frame so far
};

}  // namespace tellina
