#pragma once

/// Moves bytes between a loop and a pty.

#include <array>
#include <functional>
#include <memory>

#include "host/limits.hpp"
#include "host/runtime/loop.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// Reads a pty as fast as its owner lets it, and writes to it in order without ever waiting.
///
/// Threads: the loop's. The descriptor is lent, and is not used after the destructor. Callbacks may destroy the object.
class TerminalIo {
 public:
  class Callbacks {
   public:
    std::function<void(Bytes&)> on_output;  ///< a frame: `limits::frame_header` spare bytes, then 1 to 64 KiB of output
    std::function<void(std::size_t)> on_written;            ///< so many more bytes have entered the pty
    std::function<bool()> may_read;                         ///< asked before each read; false: wait for resume()
    std::function<bool()> may_write = [] { return true; };  ///< the same of a write that had to wait for the pty
  };

  TerminalIo(Loop& loop, int descriptor, Callbacks callbacks);

  /// Takes bytes into the queue and writes what the pty takes now.
  void write(BytesView bytes);
  /// Bytes that have not entered the pty.
  std::size_t unwritten() const { return m_unwritten.size() - m_unwritten_from; }
  /// What has not entered the pty: belongs to the next shell.
  Bytes take_unwritten();

  /// Reads again if may_read() allows, and writes if may_write() does.
  void resume();
  /// Reads what is there now, whatever may_read() says, until `limit` bytes are reached: a shell's last words.
  void drain(std::size_t limit);

  void check_invariant() const;

 private:
  void arm_read();
  void on_readable();
  /// One piece: what a lone echo needs is one read, of a flood all there is. Returns how many bytes there were.
  std::size_t read_some();
  void arm_write();
  void flush();

  int m_descriptor;
  Callbacks m_callbacks;
  std::unique_ptr<Loop::Watch> m_watch;
  Loop& m_loop;
  std::unique_ptr<Loop::Timer> m_gathering;
  std::size_t m_last_piece = 0;
  bool m_read_armed = false;
  bool m_write_armed = false;
  bool m_hung_up = false;
  std::array<char, 4096> m_buffer;  ///< so that a key's echo needs no allocation
  Bytes m_unwritten;
  std::size_t m_unwritten_from = 0;
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace tellina
