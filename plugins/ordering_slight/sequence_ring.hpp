#pragma once

/// Numbers that wait for their turn.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tellina/message.hpp"

namespace tellina::slight {

/// A first-in-first-out queue whose memory doubles and never shrinks: once it has the size that a connection needs, it
/// allocates nothing. Each call takes constant time on average.
class SequenceRing {
 public:
  bool empty() const { return m_size == 0; }
  std::size_t size() const { return m_size; }
  /// front(), back() and pop_front() need a ring that is not empty.
  Sequence front() const { return m_ring[m_first]; }
  Sequence back() const { return m_ring[(m_first + m_size - 1) % m_ring.size()]; }
  void push_back(Sequence sequence) {
    if (m_size == m_ring.size()) grow();
    m_ring[(m_first + m_size++) % m_ring.size()] = sequence;
  }
  Sequence pop_front() {
    const Sequence sequence = front();
    m_first = (m_first + 1) % m_ring.size();
    --m_size;
    return sequence;
  }

 private:
  void grow() {
    std::vector<Sequence> larger(std::max<std::size_t>(2 * m_ring.size(), 8));
    for (std::size_t i = 0; i < m_size; ++i) larger[i] = m_ring[(m_first + i) % m_ring.size()];
    m_ring = std::move(larger);
    m_first = 0;
  }

  std::vector<Sequence> m_ring;
  std::size_t m_first = 0;
  std::size_t m_size = 0;
};

}  // namespace tellina::slight
