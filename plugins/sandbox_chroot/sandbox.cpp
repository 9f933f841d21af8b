#include "plugins/sandbox_chroot/sandbox.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>

namespace tellina::chroot_sandbox {

std::unique_lock<std::mutex> ChrootSandbox::use() const {
  const auto check = [this] {
    if (m_is_destroyed) throw Error(ErrorCode::gone, "the sandbox has been destroyed");
  };
  check();
  std::unique_lock lock(m_mutex);
  check();
  return lock;
}

int ChrootSandbox::terminal() const {
  const auto lock = use();
  return m_cell->terminal();
}

int ChrootSandbox::ended_descriptor() const {
  const auto lock = use();
  return m_cell->shell_end();
}

std::optional<ExitStatus> ChrootSandbox::ended() {
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

void ChrootSandbox::restart_shell(TerminalSize size) {
  const auto lock = use();
  const Deadline deadline(m_clock, std::chrono::seconds(10), &m_interrupt);
  m_cell->renew(deadline);
  m_cell->start_shell(m_plan, size, deadline);
}

void ChrootSandbox::resize(TerminalSize size) {
  const auto lock = use();
  winsize cells{};
  cells.ws_col = size.columns;
  cells.ws_row = size.rows;
  if (ioctl(m_cell->terminal(), TIOCSWINSZ, &cells) != 0) throw system_error("resize the terminal", errno);
}

FileTree ChrootSandbox::snapshot(const SnapshotRequest& request) {
  const auto lock = use();
  // The launcher keeps the request's deadline and answers with what it has by then.
  const Deadline deadline(m_clock, request.deadline + std::chrono::seconds(2), &m_interrupt);
  return m_cell->snapshot(request, deadline);
}

void ChrootSandbox::destroy() {
  m_is_destroyed = true;
  m_interrupt.raise();
  const std::lock_guard lock(m_mutex);
  if (const std::string left = m_cell->end(); !left.empty()) m_log.warning(left);
}

}  // namespace tellina::chroot_sandbox
