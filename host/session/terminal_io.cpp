#include "host/session/terminal_io.hpp"

#include <cerrno>
#include <utility>

#include <termios.h>
#include <unistd.h>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/wire/protocol.hpp"

namespace tellina {
namespace {

/// After a full read, more output is coming, and a pty holds 14 to 22 KiB of it (measured on Linux 6.18). If the reader
/// waits this long, many reads cost only one turn of the loop and one frame. Compared with reading at once (15 pairs of
/// floods): 1.12 times the bytes a second for 0.72 times the CPU. This caps a flood at about 30 MB/s, above the 20 MB/s
/// that a pty delivers.
constexpr std::chrono::microseconds read_delay{500};

}  // namespace

TerminalIo::TerminalIo(Loop& loop, int descriptor, Callbacks callbacks)
    : m_descriptor(descriptor),
      m_callbacks(std::move(callbacks)),
      m_watch(loop.watch(descriptor)),
      m_loop(loop),
      m_read_timer(loop.make_timer()) {
  resume();
}

void TerminalIo::resume() {
  if (!m_write_armed && unwritten() > 0) arm_write();
  if (m_read_armed || m_hung_up || !m_callbacks.may_read()) return;
  arm_read();
}

void TerminalIo::arm_read() {
  m_read_armed = true;
  if (m_last_piece < limits::pty_read) return m_watch->when_readable([this] { on_readable(); });
  m_read_timer->start(m_loop.clock().now() + read_delay, [this] { on_readable(); });
}

void TerminalIo::on_readable() {
  m_read_armed = false;
  if (!m_callbacks.may_read()) return;
  const std::weak_ptr<bool> alive = m_alive;
  read_some();
  if (!alive.expired()) resume();
}

std::size_t TerminalIo::read_some() {
  Bytes frame(limits::frame_header, '\0');
  while (frame.size() < m_largest_piece) {
    const ssize_t got = ::read(m_descriptor, m_buffer.data(), m_buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      // EIO: no process has the pty open any more. A restarted shell gets a new one.
      if (got == 0 || errno != EAGAIN) m_hung_up = true;
      break;
    }
    frame.append(m_buffer.data(), static_cast<std::size_t>(got));
    if (frame.size() < limits::frame_header + limits::pty_read) break;
  }
  const std::size_t size = m_last_piece = frame.size() - limits::frame_header;
  if (size > 0) m_callbacks.on_output(frame);
  return size;
}

void TerminalIo::drain(std::size_t limit) {
  const std::weak_ptr<bool> alive = m_alive;
  for (std::size_t drained = 0; drained < limit;) {
    const std::size_t size = read_some();
    if (size == 0 || alive.expired() || m_hung_up) return;
    drained += size;
  }
}

void TerminalIo::write(BytesView bytes) {
  const InvariantScope invariant(*this);
  // If a shell reads slowly and never empties the queue, the written part would otherwise grow for ever.
  if (m_unwritten_from >= limits::output_piece) {
    m_unwritten.erase(0, m_unwritten_from);
    m_unwritten_from = 0;
  }
  m_unwritten.append(bytes);
  if (!m_write_armed && m_callbacks.may_write()) flush();
}

InputMode TerminalIo::input_mode() const {
  termios modes{};
  // A pty's master shows the modes of its other end, which programs set.
  if (tcgetattr(m_descriptor, &modes) != 0) return errno == EIO ? InputMode::unknown : InputMode::no_terminal;
  const bool is_secret = (modes.c_lflag & ECHO) == 0 && (modes.c_lflag & ICANON) != 0;
  return is_secret ? InputMode::secret : InputMode::open;
}

void TerminalIo::arm_write() {
  m_write_armed = true;
  m_watch->when_writable([this] {
    m_write_armed = false;
    if (m_callbacks.may_write()) flush();
  });
}

void TerminalIo::flush() {
  std::size_t written = 0;
  while (unwritten() > 0) {
    const ssize_t put =
        ::write(m_descriptor, m_unwritten.data() + m_unwritten_from, m_unwritten.size() - m_unwritten_from);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      if (errno == EAGAIN) arm_write();
      break;
    }
    TELLINA_ASSERT(static_cast<std::size_t>(put) <= unwritten());
    m_unwritten_from += static_cast<std::size_t>(put);
    written += static_cast<std::size_t>(put);
  }
  if (m_unwritten_from == m_unwritten.size()) {
    m_unwritten.clear();
    m_unwritten_from = 0;
  }
  if (written > 0) m_callbacks.on_written(written);
}

void TerminalIo::check_invariant() const {
  TELLINA_ASSERT(m_descriptor >= 0);
  TELLINA_ASSERT(m_unwritten_from <= m_unwritten.size());
  TELLINA_ASSERT(m_last_piece < limits::frame_payload);
  TELLINA_ASSERT(!m_hung_up || !m_read_armed);
}

Bytes TerminalIo::take_unwritten() {
  Bytes rest = m_unwritten.substr(m_unwritten_from);
  m_unwritten.clear();
  m_unwritten_from = 0;
  return rest;
}

}  // namespace tellina
