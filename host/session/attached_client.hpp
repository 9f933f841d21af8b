#pragma once

/// The client that has a session now: how much output it was sent and has rendered, how much of its input is not yet
/// credited.

#include <cstdint>
#include <string>
#include <utility>

#include "host/session/client_connection.hpp"
#include "host/session/output_buffer.hpp"

namespace tellina {

/// Threads: the loop's. The connection must outlive it.
class AttachedClient {
 public:
  explicit AttachedClient(ClientConnection& connection) : m_connection(connection) {}

  ClientConnection& connection() const { return m_connection; }

  /// It says by `sandbox_seen` from where on its input is meant for a sandbox that has taken another's place.
  bool confirms_sandboxes = false;

  /// Output continues from here, and everything before it counts as rendered.
  void start_output(std::uint64_t offset);

  /// Sends a frame that has just come from the pty, if the client has all before it and room for it.
  /// Returns whether the frame was taken.
  bool offer(Bytes& frame, std::uint64_t offset, std::size_t size);
  /// Sends from the buffer what the window allows.
  void catch_up(const OutputBuffer& output);
  /// False while the window is full.
  bool has_room() const;
  /// The client has rendered output up to here; returns false for an offset that was never sent.
  bool acknowledge(std::uint64_t offset);
  std::uint64_t sent() const { return m_sent; }

  /// Input that came on this connection, and how much of it is finished with.
  void input_came(std::size_t bytes) { m_uncredited += bytes; }
  void credit(std::size_t bytes);
  /// Whatever is not credited yet: what it was for is over.
  void credit_all() { credit(m_uncredited); }
  /// The last `bytes` of input up to `end` are recorded and handed to the shell.
  void acknowledge_input(std::uint64_t end, std::size_t bytes);

  void check_invariant() const;

 private:
  ClientConnection& m_connection;
  std::uint64_t m_sent = 0;
  std::uint64_t m_rendered = 0;
  std::size_t m_uncredited = 0;
};

}  // namespace tellina
