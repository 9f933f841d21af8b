#pragma once

/// The client that is attached to a session. Tracks how much output it was sent and has rendered, and how much of its
/// input is not yet credited.

#include <cstdint>
#include <string>
#include <utility>

#include "host/limits.hpp"
#include "host/session/client_connection.hpp"
#include "host/session/output_buffer.hpp"
#include "host/wire/send_window.hpp"

namespace tellina {

/// Threads: the loop's. The connection must outlive the object.
class AttachedClient {
 public:
  explicit AttachedClient(ClientConnection& connection) : m_connection(connection) {}

  ClientConnection& connection() const { return m_connection; }

  /// The client confirms a replacement sandbox with `sandbox_seen`, which names the offset from which its input is
  /// meant for that sandbox.
  bool confirms_sandboxes = false;

  /// Output continues from `offset`, and everything before it counts as rendered.
  void start_output(std::uint64_t offset) { m_output.restart(offset); }

  /// Sends a frame that was just read from the pty, if the client has all earlier output and its window has room.
  /// Returns whether it took the frame.
  bool offer(Bytes& frame, std::uint64_t offset, std::size_t size);
  /// Sends output from the buffer as far as the window allows.
  void catch_up(const OutputBuffer& output);
  /// Returns false while the window is full.
  bool has_room() const { return m_output.room() > 0; }
  /// The client has rendered output up to `offset`. Returns false for an offset that was never sent.
  bool acknowledge(std::uint64_t offset) { return m_output.acknowledge(offset); }
  std::uint64_t sent() const { return m_output.sent(); }

  /// Count input that arrived on this connection, and return credit for it.
  void count_input(std::size_t bytes) { m_uncredited += bytes; }
  void credit(std::size_t bytes);
  /// Credits all remaining input, because its task has ended.
  void credit_all() { credit(m_uncredited); }
  /// The last `bytes` of input up to `end` are recorded and handed to the shell.
  void acknowledge_input(std::uint64_t end, std::size_t bytes);

  void check_invariant() const;

 private:
  ClientConnection& m_connection;
  SendWindow m_output{limits::output_window};  ///< acknowledged: rendered
  std::size_t m_uncredited = 0;
};

}  // namespace tellina
