#pragma once

/// Numbers that wait for their turn.

#include <algorithm>
#include <vector>

#include "tellina/message.hpp"

namespace tellina::slight {

/// A ring that doubles and never shrinks: nothing is allocated any more once it has the size that a connection needs.
class SequenceRing {
 public:
  bool empty() const { return m_size == 0; }
  Sequence front() const { return m_ring[m_first]; }
  Sequence back() const { return m_ring[(m_first + m_size - 1) % m_ring.size()]; }
  void push_back(Sequence sequence) {
    if (m_size == m_ring.size()) grow();
    m_ring[(m_first + m_size++) % m_ring.size()] = sequence;
  }
  void pop_front() {
    m_first = (m_first + 1) % m_ring.size();
    --m_size;
  }
  void pop_back() { --m_size; }

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

/// First in, first out, and the lowest number in it is known at any time. Each call takes constant time, over many
/// calls.
class SequenceQueue {
 public:
  bool empty() const { return m_waiting.empty(); }
  /// The queue must not be empty.
  Sequence lowest() const { return m_lows.front(); }

  void push(Sequence sequence) {
    m_waiting.push_back(sequence);
    while (!m_lows.empty() && m_lows.back() > sequence) m_lows.pop_back();
    m_lows.push_back(sequence);
  }
  /// The queue must not be empty.
  Sequence pop() {
    const Sequence sequence = m_waiting.front();
    m_waiting.pop_front();
    if (m_lows.front() == sequence) m_lows.pop_front();
    return sequence;
  }

 private:
  SequenceRing m_waiting;
  SequenceRing m_lows;  ///< each the lowest of those that came with it or after it; rising
};

}  // namespace tellina::slight
