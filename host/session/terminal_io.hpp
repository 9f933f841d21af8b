#pragma once

/// Moves bytes between a loop and a pty.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "host/limits.hpp"
#include "host/runtime/loop.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// What the program that reads from a terminal gets.
enum class InputMode : std::uint8_t {
  open,        ///< keys or lines, which the terminal or the program echoes
  secret,      ///< lines that the terminal does not echo, such as passwords: ECHO is off, and ICANON is on
  unknown,     ///< no program has the terminal open
  no_terminal  ///< the descriptor is none, so it has no modes
};

/// Reads a pty as fast as its owner allows, and writes to it in order and without blocking.
///
/// Threads: the loop's. The caller owns the descriptor, which is not used after the destructor. Callbacks may destroy
/// the object.
class TerminalIo {
 public:
  class Callbacks {
   public:
    std::function<void(Bytes&)> on_output;  ///< a frame: `limits::frame_header` spare bytes, then 1 to 64 KiB of output
    std::function<void(std::size_t)> on_written;            ///< this many more bytes have been written to the pty
    std::function<bool()> may_read;                         ///< called before each read; if false, waits for resume()
    std::function<bool()> may_write = [] { return true; };  ///< the same for a write
  };

  TerminalIo(Loop& loop, int descriptor, Callbacks callbacks);

  /// Queues the bytes, and writes what the pty accepts now.
  void write(BytesView bytes);
  /// Asks the kernel; bytes that wait to be written make no difference.
  InputMode input_mode() const;
  /// The number of bytes not yet written to the pty.
  std::size_t unwritten() const { return m_unwritten.size() - m_unwritten_from; }
  /// Removes and returns the bytes not yet written to the pty. They belong to the next shell.
  Bytes take_unwritten();

  /// Reads again if may_read() allows it, and writes again if may_write() does.
  void resume();
  /// Reads the available output, whatever may_read() returns, up to `limit` bytes: the last output of a shell.
  void drain(std::size_t limit);

  /// From now on, calls on_output() after each read, with limits::pty_read bytes at most.
  void read_in_small_pieces() { m_largest_piece = limits::pty_read; }

  void check_invariant() const;

 private:
  void arm_read();
  void on_readable();
  /// Reads one piece: an echo takes one read, and a flood as many as fit into a frame. Returns the number of bytes.
  std::size_t read_some();
  void arm_write();
  void flush();

  int m_descriptor;
  Callbacks m_callbacks;
  std::unique_ptr<Loop::Watch> m_watch;
  Loop& m_loop;
  std::unique_ptr<Loop::Timer> m_read_timer;
  std::size_t m_last_piece = 0;
  std::size_t m_largest_piece = limits::output_piece;
  bool m_read_armed = false;
  bool m_write_armed = false;
  bool m_hung_up = false;
  std::array<char, 4096> m_buffer;  ///< so that a key's echo needs no allocation
  Bytes m_unwritten;
  std::size_t m_unwritten_from = 0;
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace tellina
