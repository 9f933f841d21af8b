#include "host/session/attached_client.hpp"

#include <algorithm>
#include <utility>

#include "host/wire/data_frame.hpp"

namespace tellina {

bool AttachedClient::has_room() const { return m_sent - m_rendered < output_window; }

bool AttachedClient::offer(Bytes& frame, std::uint64_t offset, std::size_t size) {
  if (offset != m_sent || size > frame_payload || m_sent - m_rendered + size > output_window) return false;
  m_sent += size;
  m_port->send_data(std::move(frame));
  return true;
}

void AttachedClient::catch_up(const OutputBuffer& output) {
  // A page that fell so far behind that the buffer lost its place sees a gap and says hello again.
  m_sent = std::max(m_sent, output.begin());
  m_rendered = std::max(m_rendered, m_sent > output_window ? m_sent - output_window : 0);
  while (m_sent < output.end() && has_room()) {
    const std::size_t room = output_window - static_cast<std::size_t>(m_sent - m_rendered);
    Bytes frame;
    frame.reserve(frame_header + std::min<std::uint64_t>(output.end() - m_sent, frame_payload));
    frame.resize(frame_header);
    set_frame_offset(frame, m_sent);
    output.copy(m_sent, std::min(room, frame_payload), frame);
    m_sent += frame.size() - frame_header;
    m_port->send_data(std::move(frame));
  }
}

bool AttachedClient::acknowledge(std::uint64_t offset) {
  if (offset > m_sent) return false;
  m_rendered = std::max(m_rendered, offset);
  return true;
}

void AttachedClient::credit(std::size_t bytes) {
  const std::size_t owed = std::min(bytes, m_uncredited);
  if (owed == 0) return;
  m_uncredited -= owed;
  m_port->credit(owed);
}

}  // namespace tellina
