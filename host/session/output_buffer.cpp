#include "host/session/output_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "host/runtime/assertion.hpp"

namespace tellina {

OutputBuffer::OutputBuffer(std::uint64_t offset, std::size_t capacity)
    : m_capacity(capacity), m_origin(offset), m_end(offset), m_base(offset) {}

void OutputBuffer::grow(std::size_t needed) {
  std::size_t size = std::max<std::size_t>(m_ring.size(), 4096);
  while (size < needed && size < m_capacity) size *= 2;
  size = std::min(size, m_capacity);
  if (size == m_ring.size()) return;
  Bytes held;
  copy(begin(), m_size, held);
  m_ring.assign(size, '\0');
  m_base = begin();
  std::memcpy(m_ring.data(), held.data(), held.size());
}

void OutputBuffer::append(BytesView bytes) {
  const InvariantScope invariant(*this);
  m_end += bytes.size();
  if (bytes.size() > m_capacity) {
    bytes.remove_prefix(bytes.size() - m_capacity);
    m_size = 0;
  }
  // begin() and copy() count from the end, so m_end keeps its old value while the ring is rebuilt.
  m_end -= bytes.size();
  grow(m_size + bytes.size());
  std::size_t position = (m_end - m_base) % m_ring.size();
  m_end += bytes.size();
  m_size = std::min(m_size + bytes.size(), m_ring.size());
  while (!bytes.empty()) {
    const std::size_t run = std::min(bytes.size(), m_ring.size() - position);
    std::memcpy(m_ring.data() + position, bytes.data(), run);
    bytes.remove_prefix(run);
    position = 0;
  }
}

void OutputBuffer::check_invariant() const {
  TELLINA_ASSERT(m_size <= m_ring.size());
  TELLINA_ASSERT(m_ring.size() <= m_capacity);
  TELLINA_ASSERT(m_end >= m_origin + m_size);
  TELLINA_ASSERT(m_base <= m_end);
}

void OutputBuffer::copy(std::uint64_t offset, std::size_t limit, Bytes& bytes) const {
  TELLINA_ASSERT(offset >= begin() && offset <= m_end);
  std::size_t left = std::min<std::uint64_t>(limit, m_end - offset);
  while (left > 0) {
    const std::size_t position = (offset - m_base) % m_ring.size();
    const std::size_t run = std::min(left, m_ring.size() - position);
    bytes.append(m_ring.data() + position, run);
    offset += run;
    left -= run;
  }
}

std::uint64_t OutputBuffer::begin_of_line() const {
  for (std::uint64_t offset = begin(); offset < m_end;) {
    const std::size_t position = (offset - m_base) % m_ring.size();
    const std::size_t run = std::min<std::uint64_t>(m_end - offset, m_ring.size() - position);
    if (const void* found = std::memchr(m_ring.data() + position, '\n', run)) {
      return offset + static_cast<std::size_t>(static_cast<const char*>(found) - (m_ring.data() + position)) + 1;
    }
    offset += run;
  }
  return begin();
}

}  // namespace tellina
