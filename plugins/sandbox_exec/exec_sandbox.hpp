#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "plugins/sandbox_exec/program_client.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::exec_sandbox {

/// A sandbox that the program runs.
class ExecSandbox final : public Sandbox {
 public:
  /// Takes the answer to "start" or "adopt". Throws Error if it lacks what it needs; the program still has the sandbox.
  ExecSandbox(std::shared_ptr<ProgramClient> client, SandboxId id, OwnerId owner, Answer answer);
  ~ExecSandbox() override;

  int terminal() const override;
  int ended_descriptor() const override;
  std::optional<ExitStatus> ended() override;
  void restart_shell(TerminalSize size) override;
  void resize(TerminalSize size) override;
  FileTree snapshot(const SnapshotRequest& request) override;
  void destroy() override;
  Bytes state() const override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  boost::json::object fields() const;
  /// Throws Error(gone) after destroy() was called.
  Lock use() const;
  /// Calls the program that has the sandbox. Adopts the sandbox first if the program was started again.
  Answer call(std::string_view name, boost::json::object extra, const Deadline& deadline, const Lock& lock);
  void take_shell(Answer& answer);
  /// The snapshot in an answer.
  FileTree read_home(const SnapshotRequest& request, const Answer& answer, const Deadline& deadline) const;

  const std::shared_ptr<ProgramClient> m_client;
  const SandboxId m_id;
  const OwnerId m_owner;
  WakeUp m_interrupt;
  std::atomic<bool> m_is_ending = false;
  mutable std::mutex m_mutex;
  bool m_is_removed = false;
  std::uint64_t m_run = 0;  ///< the run of the program that has the sandbox
  Descriptor m_terminal;
  bool m_is_local = false;  ///< the terminal is a pty of this machine
  std::shared_ptr<ShellEnd> m_end;
  Bytes m_state;  ///< what the program wants to know in order to adopt the sandbox
};

}  // namespace tellina::exec_sandbox
