#pragma once

/// The connection to one other instance.

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <zmq.hpp>

#include "plugins/common/wake_up.hpp"
#include "tellina/clock.hpp"
#include "tellina/error.hpp"

namespace tellina::ipc {

/// A PUSH socket with its own lock, so that send() passes messages to ZeroMQ on the caller's thread.
///
/// Once the socket is full, senders do not touch it: a thread that calls into a socket consumes its wake-up, and the
/// layer's thread, which waits for room, would miss it.
///
/// Threads: send(): any; all others: the layer's, unless stated.
class Peer {
 public:
  enum class Sent { taken, blocked, gone };

  /// Throws Error(unavailable). `wake_up` is raised when the peer is full.
  Peer(zmq::context_t& context, const std::string& socket_path, WakeUp& wake_up);

  /// Never blocks. Empties the frame if it was accepted.
  Sent send(zmq::message_t& frame);

  /// Sends the frame before everything else, as soon as there is room. Only for the few control frames between
  /// instances.
  void send_first(zmq::message_t frame);

  /// Sends the instance a probe, unless it still owes the answer to the last one, or was probed within the last second.
  /// `make_frame` makes the frame. Any thread.
  void probe(const std::function<zmq::message_t()>& make_frame, MonotonicTime now);
  /// The instance has answered the probe.
  void heard();
  /// True if it has not answered for a second. Any thread.
  bool is_silent(MonotonicTime now) const;

  bool is_blocked() const;
  /// False if nothing was ever sent.
  bool is_used() const;

  /// Readable when the socket has an event; then call try_unblock().
  int descriptor();

  /// Returns true if the peer was full and accepts messages again.
  bool try_unblock();

  /// ZeroMQ may continue for `linger` to write accepted messages, until the context ends. This call does not wait.
  void close(std::chrono::milliseconds linger);

 private:
  Sent try_to_send(zmq::message_t& frame);

  WakeUp& m_wake_up;
  mutable std::mutex m_mutex;
  zmq::socket_t m_socket;
  bool m_is_blocked = false;
  bool m_is_used = false;
  std::optional<MonotonicTime> m_probed_at{};  ///< when the last probe was sent
  bool m_has_answered = true;
  std::deque<zmq::message_t> m_first;
};

}  // namespace tellina::ipc
