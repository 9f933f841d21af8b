#include "host/session/terminal_io.hpp"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace tellina {
namespace {

/// A pty gives at most 4095 bytes a read (measured on Linux 6.x), so a shorter read means that no more is waiting.
constexpr std::size_t full_read = 4095;
constexpr std::size_t piece_limit = 64 * 1024;

}  // namespace

TerminalIo::TerminalIo(Loop& loop, int descriptor, Callbacks callbacks)
    : m_descriptor(descriptor), m_callbacks(std::move(callbacks)), m_watch(loop.watch(descriptor)) {
  resume();
}

void TerminalIo::resume() {
  if (m_read_armed || m_hung_up || !m_callbacks.may_read()) return;
  arm_read();
}

void TerminalIo::arm_read() {
  m_read_armed = true;
  m_watch->when_readable([this] { on_readable(); });
}

void TerminalIo::on_readable() {
  m_read_armed = false;
  if (!m_callbacks.may_read()) return;
  const std::weak_ptr<bool> alive = m_alive;
  read_some();
  if (!alive.expired()) resume();
}

bool TerminalIo::read_some() {
  Bytes frame(frame_header + full_read + 1, '\0');
  std::size_t size = frame_header;
  for (;;) {
    const ssize_t got = ::read(m_descriptor, frame.data() + size, frame.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      // EIO: no process has the pty open any more. A shell that is restarted gets a new one.
      if (got == 0 || errno != EAGAIN) m_hung_up = true;
      break;
    }
    size += static_cast<std::size_t>(got);
    if (static_cast<std::size_t>(got) < full_read || size >= piece_limit) break;
    frame.resize(size + full_read + 1);
  }
  if (size == frame_header) return false;
  frame.resize(size);
  m_callbacks.on_output(frame);
  return true;
}

void TerminalIo::drain(std::size_t limit) {
  const std::weak_ptr<bool> alive = m_alive;
  for (std::size_t pieces = 0; pieces * full_read < limit && !m_hung_up; ++pieces) {
    if (!read_some() || alive.expired()) return;
  }
}

void TerminalIo::write(BytesView bytes) {
  m_unwritten.append(bytes);
  if (!m_write_armed) flush();
}

void TerminalIo::flush() {
  std::size_t written = 0;
  while (m_unwritten_from < m_unwritten.size()) {
    const ssize_t put = ::write(m_descriptor, m_unwritten.data() + m_unwritten_from, m_unwritten.size() - m_unwritten_from);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      if (errno == EAGAIN) {
        m_write_armed = true;
        m_watch->when_writable([this] {
          m_write_armed = false;
          flush();
        });
      }
      break;
    }
    m_unwritten_from += static_cast<std::size_t>(put);
    written += static_cast<std::size_t>(put);
  }
  if (m_unwritten_from == m_unwritten.size()) {
    m_unwritten.clear();
    m_unwritten_from = 0;
  }
  if (written > 0) m_callbacks.on_written(written);
}

Bytes TerminalIo::take_unwritten() {
  Bytes rest = m_unwritten.substr(m_unwritten_from);
  m_unwritten.clear();
  m_unwritten_from = 0;
  return rest;
}

}  // namespace tellina
