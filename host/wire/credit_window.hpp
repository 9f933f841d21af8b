#pragma once

/// How much input a gateway forwards before the worker has finished with it.

#include <algorithm>
#include <cstddef>

#include "host/runtime/assertion.hpp"

namespace tellina {

/// Bytes that were forwarded and for which no credit has come. Threads: one.
class CreditWindow {
 public:
  explicit CreditWindow(std::size_t limit) : m_limit(limit) {}

  /// Whether a frame of so many bytes may be forwarded now. One frame always may while nothing is owed, also one that
  /// is larger than the window.
  bool has_room(std::size_t bytes) const { return bytes == 0 || m_owed == 0 || m_owed + bytes <= m_limit; }
  /// The frame is forwarded; has_room() holds.
  void take(std::size_t bytes) {
    TELLINA_ASSERT(has_room(bytes));
    m_owed += bytes;
    m_largest = std::max(m_largest, bytes);
    check_invariant();
  }
  /// A credit has come. More than is owed counts as all of it.
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
