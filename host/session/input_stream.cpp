#include "host/session/input_stream.hpp"

#include <algorithm>

#include "host/runtime/assertion.hpp"

namespace tellina {

InputStream::Arrival InputStream::receive(std::uint64_t offset, BytesView bytes) {
  const InvariantScope invariant(*this);
  Arrival arrival;
  arrival.offset = m_received;
  if (bytes.empty()) return arrival;
  if (offset > m_received) {
    // Written without an addition that could overflow, because the page chooses the offset, up to 2^64 - 1.
    if (bytes.size() > m_window || offset - m_received > m_window - bytes.size()) {
      arrival.beyond_window = true;
      return arrival;
    }
    Bytes& held = m_early[offset];
    if (held.size() < bytes.size()) {
      arrival.dropped = held.size();
      held.assign(bytes);
    } else {
      arrival.dropped = bytes.size();
    }
    return arrival;
  }
  arrival.dropped = std::min<std::uint64_t>(m_received - offset, bytes.size());
  bytes.remove_prefix(arrival.dropped);
  arrival.bytes.assign(bytes);
  m_received += bytes.size();
  while (!m_early.empty() && m_early.begin()->first <= m_received) {
    const auto first = m_early.begin();
    BytesView held = first->second;
    const std::size_t known = std::min<std::uint64_t>(m_received - first->first, held.size());
    arrival.dropped += known;
    held.remove_prefix(known);
    arrival.bytes.append(held);
    m_received += held.size();
    m_early.erase(first);
  }
  return arrival;
}

std::size_t InputStream::drop_early() {
  std::size_t size = 0;
  for (const auto& [offset, bytes] : m_early) size += bytes.size();
  m_early.clear();
  return size;
}

void InputStream::written(std::uint64_t end) {
  TELLINA_ASSERT(end >= m_written);
  TELLINA_ASSERT(end <= m_received);
  m_written = end;
}

void InputStream::recorded(std::uint64_t end) {
  TELLINA_ASSERT(end <= m_received);
  m_recorded = std::max(m_recorded, end);
}

void InputStream::check_invariant() const {
  TELLINA_ASSERT(m_written <= m_received);
  TELLINA_ASSERT(m_recorded <= m_received);
  TELLINA_ASSERT(m_acknowledged <= m_received);
  TELLINA_ASSERT(m_early.empty() || m_early.begin()->first > m_received);
  TELLINA_ASSERT(m_early.empty() || m_early.rbegin()->first - m_received < m_window);
}

void InputStream::jump_to(std::uint64_t offset) {
  m_received = m_written = m_recorded = m_acknowledged = offset;
  m_early.clear();
}

}  // namespace tellina
