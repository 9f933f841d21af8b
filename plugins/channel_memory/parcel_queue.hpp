#pragma once

/// Messages that wait in a channel.

#include <algorithm>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

#include "tellina/message.hpp"

namespace tellina::memory {

/// A message and the thread that sent it.
class Parcel {
 public:
  Parcel() = default;
  Parcel(Message message_, std::thread::id sender_) : message(std::move(message_)), sender(sender_) {}

  Message message;
  std::thread::id sender;
};

/// First in, first out, in a ring that doubles and never shrinks: once it has the size that a channel needs, nothing is
/// allocated any more.
class ParcelQueue {
 public:
  bool empty() const { return m_size == 0; }
  std::size_t size() const { return m_size; }

  void push(Parcel parcel) {
    if (m_size == m_ring.size()) grow();
    m_ring[(m_first + m_size) % m_ring.size()] = std::move(parcel);
    ++m_size;
  }

  /// The queue must not be empty.
  Parcel pop() {
    Parcel parcel = std::move(m_ring[m_first]);
    m_first = (m_first + 1) % m_ring.size();
    --m_size;
    return parcel;
  }

 private:
  void grow() {
    std::vector<Parcel> larger(std::max<std::size_t>(2 * m_ring.size(), 8));
    for (std::size_t i = 0; i < m_size; ++i) larger[i] = std::move(m_ring[(m_first + i) % m_ring.size()]);
    m_ring = std::move(larger);
    m_first = 0;
  }

  std::vector<Parcel> m_ring;
  std::size_t m_first = 0;
  std::size_t m_size = 0;
};

}  // namespace tellina::memory
