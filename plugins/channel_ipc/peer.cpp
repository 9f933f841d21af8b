#include "peer.hpp"

namespace tellina::ipc {
namespace {

/// How many messages ZeroMQ queues for a peer that does not read. A small number, because they are lost if the peer
/// dies. Further messages wait in this layer, which may still send them to another receiver.
constexpr int high_water_mark = 500;
/// The kernel refuses a connection only while the peer's backlog is full.
constexpr int first_retry_in_ms = 10;
constexpr int last_retry_in_ms = 1000;
/// An upper bound for the messages from a peer that may have to be returned.
constexpr std::size_t most_first = 4000;
/// An instance that has not answered a probe for this long counts as hanging. It is probed at most this often.
constexpr std::chrono::seconds silence{1};

}  // namespace

Peer::Peer(zmq::context_t& context, const std::string& socket_path, WakeUp& wake_up) : m_wake_up(wake_up) {
  try {
    m_socket = zmq::socket_t(context, zmq::socket_type::push);
    m_socket.set(zmq::sockopt::sndhwm, high_water_mark);
    m_socket.set(zmq::sockopt::linger, 0);
    m_socket.set(zmq::sockopt::reconnect_ivl, first_retry_in_ms);
    m_socket.set(zmq::sockopt::reconnect_ivl_max, last_retry_in_ms);
    m_socket.connect("ipc://" + socket_path);
  } catch (const zmq::error_t& failure) {
    throw Error(ErrorCode::unavailable, "channel layer ipc: cannot connect to " + socket_path + ": " + failure.what());
  }
}

Peer::Sent Peer::send(zmq::message_t& frame) {
  std::lock_guard lock(m_mutex);
  if (!m_socket) return Sent::gone;
  if (m_is_blocked) return Sent::blocked;
  const Sent sent = try_to_send(frame);
  if (sent == Sent::blocked) {
    m_is_blocked = true;
    m_wake_up.raise();
  }
  return sent;
}

void Peer::send_first(zmq::message_t frame) {
  std::lock_guard lock(m_mutex);
  if (!m_socket || m_first.size() >= most_first) return;
  if (!m_is_blocked && try_to_send(frame) != Sent::blocked) return;
  m_first.push_back(std::move(frame));
  if (m_is_blocked) return;
  m_is_blocked = true;
  m_wake_up.raise();
}

Peer::Sent Peer::try_to_send(zmq::message_t& frame) {
  while (zmq_msg_send(frame.handle(), m_socket.handle(), ZMQ_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    return errno == EAGAIN ? Sent::blocked : Sent::gone;
  }
  m_is_used = true;
  return Sent::taken;
}

void Peer::probe(const std::function<zmq::message_t()>& make_frame, MonotonicTime now) {
  {
    std::lock_guard lock(m_mutex);
    if (!m_has_answered || (m_probed_at && now - *m_probed_at < silence)) return;
    m_probed_at = now;
    m_has_answered = false;
  }
  send_first(make_frame());
}

void Peer::heard() {
  std::lock_guard lock(m_mutex);
  m_has_answered = true;
}

bool Peer::is_silent(MonotonicTime now) const {
  std::lock_guard lock(m_mutex);
  return !m_has_answered && now - *m_probed_at > silence;
}

bool Peer::is_blocked() const {
  std::lock_guard lock(m_mutex);
  return m_socket && m_is_blocked;
}

bool Peer::is_used() const {
  std::lock_guard lock(m_mutex);
  return m_is_used;
}

int Peer::descriptor() {
  std::lock_guard lock(m_mutex);
  return m_socket ? m_socket.get(zmq::sockopt::fd) : -1;
}

bool Peer::try_unblock() {
  std::lock_guard lock(m_mutex);
  if (!m_socket || !m_is_blocked) return false;
  if ((m_socket.get(zmq::sockopt::events) & ZMQ_POLLOUT) == 0) return false;
  for (; !m_first.empty(); m_first.pop_front()) {
    if (try_to_send(m_first.front()) == Sent::blocked) return false;
  }
  m_is_blocked = false;
  return true;
}

void Peer::close(std::chrono::milliseconds linger) {
  std::lock_guard lock(m_mutex);
  if (!m_socket) return;
  m_socket.set(zmq::sockopt::linger, static_cast<int>(linger.count()));
  m_socket.close();
}

}  // namespace tellina::ipc
