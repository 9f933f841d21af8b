#include "host/session/attached_client.hpp"

#include <algorithm>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/wire/data_frame.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina {

bool AttachedClient::offer(Bytes& frame, std::uint64_t offset, std::size_t size) {
  if (offset != m_output.sent() || size > limits::frame_payload || size > m_output.room()) return false;
  m_output.send(size);
  m_connection.send_data(std::move(frame));
  return true;
}

void AttachedClient::catch_up(const OutputBuffer& output) {
  // A client that is so far behind that the buffer no longer has its position gets a gap and says hello again.
  m_output.skip_to(output.begin());
  while (m_output.sent() < output.end() && has_room()) {
    const std::uint64_t from = m_output.sent();
    Bytes frame;
    frame.reserve(limits::frame_header + std::min<std::uint64_t>(output.end() - from, limits::frame_payload));
    frame.resize(limits::frame_header);
    set_frame_offset(frame, from);
    output.copy(from, std::min(static_cast<std::size_t>(m_output.room()), limits::frame_payload), frame);
    TELLINA_ASSERT(frame.size() > limits::frame_header && frame.size() <= limits::frame);
    m_output.send(frame.size() - limits::frame_header);
    m_connection.send_data(std::move(frame));
  }
}

void AttachedClient::credit(std::size_t bytes) {
  const std::size_t credited = std::min(bytes, m_uncredited);
  if (credited == 0) return;
  m_uncredited -= credited;
  m_connection.credit(credited);
}

void AttachedClient::acknowledge_input(std::uint64_t end, std::size_t bytes) {
  TELLINA_ASSERT(bytes <= end);
  m_connection.send_text(input_ack_frame(end));
  credit(bytes);
}

void AttachedClient::check_invariant() const { m_output.check_invariant(); }

}  // namespace tellina
