#pragma once

/// The way to one other instance.

#include <chrono>
#include <deque>
#include <mutex>
#include <zmq.hpp>

#include "plugins/common/wake_up.hpp"
#include "tellina/error.hpp"

namespace tellina::ipc {

/// A PUSH socket under a lock of its own, so that send() goes straight to ZeroMQ from the thread that calls it.
///
/// Once the socket is full the senders leave it alone: a thread that calls into a socket takes its wake-up, and the
/// layer's thread, which waits for room, would miss it.
///
/// Threads: send() from any; all else from the layer's.
class Peer {
 public:
  enum class Sent { taken, blocked, gone };

  /// Throws Error(unavailable). `wake_up` is raised when the peer is full.
  Peer(zmq::context_t& context, const std::string& socket_path, WakeUp& wake_up);

  /// Never blocks. Empties the frame where it was taken.
  Sent send(zmq::message_t& frame);

  /// Sends it as soon as there is room, before anything else; for the few words between instances.
  void send_first(zmq::message_t frame);

  bool is_blocked() const;
  /// False where nothing was ever sent.
  bool is_used() const;

  /// Readable when the socket has something to say; try_unblock() listens.
  int descriptor();

  /// True where the peer was full and takes messages again.
  bool try_unblock();

  /// ZeroMQ may try for `linger` to write what it has taken. Until the context ends; does not wait itself.
  void close(std::chrono::milliseconds linger);

 private:
  Sent try_to_send(zmq::message_t& frame);

  WakeUp& m_wake_up;
  mutable std::mutex m_mutex;
  zmq::socket_t m_socket;
  bool m_is_blocked = false;
  bool m_is_used = false;
  std::deque<zmq::message_t> m_first;
};

}  // namespace tellina::ipc
