#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "plugins/sandbox_chroot/cell.hpp"
#include "tellina/log.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::chroot_sandbox {

/// A cell with a shell in it.
class ChrootSandbox final : public Sandbox {
 public:
  /// The shell is running.
  ChrootSandbox(std::unique_ptr<Cell> cell, ShellPlan plan, Clock& clock, Log& log)
      : m_cell(std::move(cell)), m_plan(std::move(plan)), m_clock(clock), m_log(log) {}
  ~ChrootSandbox() override { destroy(); }

  int terminal() const override;
  int ended_descriptor() const override;
  std::optional<ExitStatus> ended() override;
  void restart_shell(TerminalSize size) override;
  void resize(TerminalSize size) override;
  FileTree snapshot(const SnapshotRequest& request) override;
  void destroy() override;

  /// What keeps which limit.
  const Cgroup& cgroup() const { return m_cell->cgroup(); }

 private:
  /// Held while the cell is used. Throws Error(gone) once destroy() has been called.
  std::unique_lock<std::mutex> use() const;

  mutable std::mutex m_mutex;
  std::atomic<bool> m_is_destroyed = false;
  Interrupt m_interrupt;
  std::unique_ptr<Cell> m_cell;
  const ShellPlan m_plan;
  Clock& m_clock;
  Log& m_log;
};

}  // namespace tellina::chroot_sandbox
