#pragma once

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <mutex>
#include <string>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/log.hpp"
#include "tellina/sandbox.hpp"
#include "tellina/terminal_activity.hpp"

namespace tellina::sandbox_common {

/// A cell with a shell in it. A Cell has terminal(), shell_end(), restart_shell(), snapshot() and end().
template <class Cell>
class CellSandbox final : public Sandbox {
 public:
  /// The shell is running.
  CellSandbox(std::unique_ptr<Cell> cell, Clock& clock, Log& log)
      : m_cell(std::move(cell)), m_clock(clock), m_log(log) {}
  ~CellSandbox() override { destroy(); }

  int terminal() const override {
    const auto lock = use();
    return m_cell->terminal();
  }

  int ended_descriptor() const override {
    const auto lock = use();
    return m_cell->shell_end();
  }

  std::optional<ExitStatus> ended() override {
    const auto lock = use();
    int status = 0;
    // Peeking leaves the descriptor readable.
    const ssize_t size = recv(m_cell->shell_end(), &status, sizeof status, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    // Without a status init itself has died, and the kernel has killed the shell with it.
    if (size != sizeof status) return ExitStatus(true, SIGKILL);
    if (WIFSIGNALED(status)) return ExitStatus(true, WTERMSIG(status));
    return ExitStatus(false, WEXITSTATUS(status));
  }

  void restart_shell(TerminalSize size) override {
    const auto lock = use();
    m_cell->restart_shell(size, Deadline(m_clock, std::chrono::seconds(10), &m_interrupt));
  }

  void resize(TerminalSize size) override {
    const auto lock = use();
    winsize cells{};
    cells.ws_col = size.columns;
    cells.ws_row = size.rows;
    if (ioctl(m_cell->terminal(), TIOCSWINSZ, &cells) != 0) throw system_error("resize the terminal", errno);
  }

  FileTree snapshot(const SnapshotRequest& request) override {
    const auto lock = use();
    // Whoever reads the home keeps the request's deadline and answers with what it has by then.
    return m_cell->snapshot(request, Deadline(m_clock, request.deadline + std::chrono::seconds(2), &m_interrupt));
  }

  Activity activity() override {
    const auto lock = use();
    return terminal_activity(m_cell->terminal());
  }

  void destroy() override {
    m_is_destroyed = true;
    m_interrupt.raise();
    const std::lock_guard lock(m_mutex);
    if (const std::string left = m_cell->end(); !left.empty()) m_log.warning(left);
  }

  const Cell& cell() const { return *m_cell; }

 private:
  /// Held while the cell is used. Throws Error(gone) once destroy() has been called.
  std::unique_lock<std::mutex> use() const {
    const auto check = [this] {
      if (m_is_destroyed) throw Error(ErrorCode::gone, "the sandbox has been destroyed");
    };
    check();
    std::unique_lock lock(m_mutex);
    check();
    return lock;
  }

  mutable std::mutex m_mutex;
  std::atomic<bool> m_is_destroyed = false;
  Interrupt m_interrupt;
  std::unique_ptr<Cell> m_cell;
  Clock& m_clock;
  Log& m_log;
};

}  // namespace tellina::sandbox_common
