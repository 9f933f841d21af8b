#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace tellina {

/// A first-in-first-out queue whose memory doubles and never shrinks, so it stops allocating once it has reached the
/// size that its user needs. Each call takes constant time on average. Threads: one at a time.
template <class Item>
class Ring {
 public:
  bool empty() const { return m_size == 0; }
  std::size_t size() const { return m_size; }

  /// front(), back() and pop_front() require a ring that is not empty.
  const Item& front() const { return m_items[m_first]; }
  const Item& back() const { return m_items[(m_first + m_size - 1) % m_items.size()]; }

  void push_back(Item item) {
    if (m_size == m_items.size()) grow();
    m_items[(m_first + m_size++) % m_items.size()] = std::move(item);
  }

  Item pop_front() {
    Item item = std::move(m_items[m_first]);
    m_first = (m_first + 1) % m_items.size();
    --m_size;
    return item;
  }

 private:
  void grow() {
    std::vector<Item> larger(std::max<std::size_t>(2 * m_items.size(), 8));
    for (std::size_t i = 0; i < m_size; ++i) larger[i] = std::move(m_items[(m_first + i) % m_items.size()]);
    m_items = std::move(larger);
    m_first = 0;
  }

  std::vector<Item> m_items;
  std::size_t m_first = 0;
  std::size_t m_size = 0;
};

}  // namespace tellina
