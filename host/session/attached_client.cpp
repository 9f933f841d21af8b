#include "host/session/attached_client.hpp"

#include <algorithm>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/wire/data_frame.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina {

void AttachedClient::start_output(std::uint64_t offset) { m_sent = m_rendered = offset; }

bool AttachedClient::has_room() const { return m_sent - m_rendered < limits::output_window; }

bool AttachedClient::offer(Bytes& frame, std::uint64_t offset, std::size_t size) {
  const InvariantScope invariant(*this);
  if (offset != m_sent || size > limits::frame_payload || m_sent - m_rendered + size > limits::output_window)
    return false;
  m_sent += size;
  m_connection.send_data(std::move(frame));
  return true;
}

void AttachedClient::catch_up(const OutputBuffer& output) {
  const InvariantScope invariant(*this);
  // A client that is so far behind that the buffer no longer has its position gets a gap and says hello again.
  m_sent = std::max(m_sent, output.begin());
  m_rendered = std::max(m_rendered, m_sent > limits::output_window ? m_sent - limits::output_window : 0);
  while (m_sent < output.end() && has_room()) {
    const std::size_t room = limits::output_window - static_cast<std::size_t>(m_sent - m_rendered);
    Bytes frame;
    frame.reserve(limits::frame_header + std::min<std::uint64_t>(output.end() - m_sent, limits::frame_payload));
    frame.resize(limits::frame_header);
    set_frame_offset(frame, m_sent);
    output.copy(m_sent, std::min(room, limits::frame_payload), frame);
    TELLINA_ASSERT(frame.size() > limits::frame_header && frame.size() <= limits::frame);
    m_sent += frame.size() - limits::frame_header;
    m_connection.send_data(std::move(frame));
  }
}

bool AttachedClient::acknowledge(std::uint64_t offset) {
  const InvariantScope invariant(*this);
  if (offset > m_sent) return false;
  m_rendered = std::max(m_rendered, offset);
  return true;
}

void AttachedClient::credit(std::size_t bytes) {
  const std::size_t owed = std::min(bytes, m_uncredited);
  if (owed == 0) return;
  m_uncredited -= owed;
  m_connection.credit(owed);
}

void AttachedClient::acknowledge_input(std::uint64_t end, std::size_t bytes) {
  TELLINA_ASSERT(bytes <= end);
  m_connection.send_text(input_ack_frame(end));
  credit(bytes);
}

void AttachedClient::check_invariant() const {
  TELLINA_ASSERT(m_rendered <= m_sent);
  TELLINA_ASSERT(m_sent - m_rendered <= limits::output_window);
}

}  // namespace tellina
