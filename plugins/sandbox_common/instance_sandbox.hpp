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
#include "plugins/sandbox_common/program_run.hpp"
#include "tellina/log.hpp"
#include "tellina/sandbox.hpp"
#include "tellina/terminal_activity.hpp"

namespace tellina::sandbox_common {

/// An instance with a shell. `Instance` has terminal(), shell_end(), restart_shell(), snapshot() and end().
template <class Instance>
class InstanceSandbox final : public Sandbox {
 public:
  /// The shell must be running.
  InstanceSandbox(std::unique_ptr<Instance> instance, Clock& clock, Log& log)
      : m_instance(std::move(instance)), m_clock(clock), m_log(log) {}
  ~InstanceSandbox() override { destroy(); }

  int terminal() const override {
    const auto lock = use();
    return m_instance->terminal();
  }

  int ended_descriptor() const override {
    const auto lock = use();
    return m_instance->shell_end();
  }

  std::optional<ExitStatus> ended() override {
    const auto lock = use();
    int status = 0;
    // Peeks, so that the descriptor stays readable.
    const ssize_t size = recv(m_instance->shell_end(), &status, sizeof status, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    // Without a status, init itself has died, and the kernel has killed the shell with it.
    if (size != sizeof status) return ExitStatus(true, SIGKILL);
    return exit_status_of(status);
  }

  void restart_shell(TerminalSize size) override {
    const auto lock = use();
    m_instance->restart_shell(size, Deadline(m_clock, std::chrono::seconds(10), &m_interrupt));
  }

  void resize(TerminalSize size) override {
    const auto lock = use();
    winsize window{};
    window.ws_col = size.columns;
    window.ws_row = size.rows;
    if (ioctl(m_instance->terminal(), TIOCSWINSZ, &window) != 0) throw system_error("resize the terminal", errno);
  }

  FileTree snapshot(const SnapshotRequest& request) override {
    const auto lock = use();
    // The process that reads the home enforces the request's deadline and returns what it has by then.
    return m_instance->snapshot(request, Deadline(m_clock, request.deadline + std::chrono::seconds(2), &m_interrupt));
  }

  Activity activity() override {
    const auto lock = use();
    return terminal_activity(m_instance->terminal());
  }

  void destroy() override {
    m_is_destroyed = true;
    m_interrupt.raise();
    const std::lock_guard lock(m_mutex);
    if (const std::string left = m_instance->end(); !left.empty()) m_log.warning(left);
  }

  const Instance& instance() const { return *m_instance; }

 private:
  /// Held while the instance is used. Throws Error(gone) after destroy() was called.
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
  WakeUp m_interrupt;
  std::unique_ptr<Instance> m_instance;
  Clock& m_clock;
  Log& m_log;
};

}  // namespace tellina::sandbox_common
