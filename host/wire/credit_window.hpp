#pragma once

/// Limits how much input a gateway forwards before the worker returns credit.

#include <algorithm>
#include <cstddef>

#include "host/runtime/assertion.hpp"

namespace tellina {

/// Counts the bytes that were forwarded and for which no credit has been returned. Threads: one.
class CreditWindow {
 public:
  explicit CreditWindow(std::size_t limit) : m_limit(limit) {}

  /// Whether a frame of this many bytes may be forwarded now. If no credit is outstanding, any frame may, even one that
  /// is larger than the window.
  bool has_room(std::size_t bytes) const {
    return bytes == 0 || m_outstanding == 0 || m_outstanding + bytes <= m_limit;
  }
  /// Counts a frame that is forwarded. Requires has_room().
  void take(std::size_t bytes) {
    TELLINA_ASSERT(has_room(bytes));
    m_outstanding += bytes;
    m_largest = std::max(m_largest, bytes);
    check_invariant();
  }
  /// Credit has arrived. Credit above the outstanding amount is ignored.
  void return_credit(std::size_t bytes) {
    m_outstanding -= std::min(bytes, m_outstanding);
    check_invariant();
  }
  std::size_t outstanding() const { return m_outstanding; }

  void check_invariant() const { TELLINA_ASSERT(m_outstanding <= std::max(m_limit, m_largest)); }

 private:
  std::size_t m_limit;
  std::size_t m_outstanding = 0;
  std::size_t m_largest = 0;  ///< the largest frame so far
};

}  // namespace tellina
