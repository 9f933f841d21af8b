#pragma once

/// One sandbox as the plugin sees it: its processes, its sockets, and the requests to them.

#include <memory>
#include <optional>
#include <string>

#include "plugins/sandbox_chroot/cgroup.hpp"
#include "plugins/sandbox_chroot/launch.hpp"
#include "plugins/sandbox_chroot/session_users.hpp"
#include "plugins/sandbox_common/init_client.hpp"
#include "plugins/sandbox_common/program_run.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::chroot_sandbox {

/// Everything of a sandbox that exists before its shell starts, so that it can be prewarmed.
///
/// Threads: one at a time. The processes end with the thread that created them.
class Instance {
 public:
  /// With `has_folder`, it has a folder /check, for seed_folder(). Throws Error; then nothing is left behind.
  static std::unique_ptr<Instance> make(const Settings& settings, const SystemCallFilter& filter, SessionUsers& users,
                                        Random& random, bool has_folder, const Deadline& deadline);
  /// Ends the sandbox.
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// Whether it can still be used: its processes are alive, and its root file system has not been replaced since.
  bool is_fresh(const Settings& settings) const;

  void enter_cgroups(Cgroups& cgroups, const std::string& owner, const std::string& id, const Cgroups::Limits& limits);
  const Cgroup& cgroup() const { return m_cgroup; }
  /// Makes the launcher end programs while they hold more than `limit` bytes together.
  void watch_memory(std::uint64_t limit, const Deadline& deadline);

  /// Throws Error(seed_failed) with path and errno.
  void seed(const FileTree& tree, const Deadline& deadline);
  /// Fills /check, once. Throws Error(seed_failed).
  void seed_folder(const FileTree& folder, const Deadline& deadline);
  FileTree snapshot(const SnapshotRequest& request, const Deadline& deadline);
  void start_shell(const ShellPlan& plan, TerminalSize size, const Deadline& deadline) {
    m_init_client.start_shell(plan, size, deadline);
  }
  void start_program(const ShellPlan& plan, const ProgramOutputs& outputs, const Deadline& deadline) {
    m_init_client.start_program(plan, outputs.output_for_program(), outputs.errors_for_program(), deadline);
  }
  void restart_shell(TerminalSize size, const Deadline& deadline) { m_init_client.restart_shell(size, deadline); }

  int terminal() const { return m_init_client.terminal(); }
  /// Receives the shell's wait status when the shell ends.
  int shell_end() const { return m_init_client.shell_end(); }

  /// Removes everything. Idempotent. Returns what could not be removed, or an empty string.
  std::string end();

 private:
  explicit Instance(LaunchedProcess launched) : m_launched(std::move(launched)) {}
  void get_ready(SessionUsers& users, Random& random, const Deadline& deadline);

  LaunchedProcess m_launched;
  Descriptor m_init_process;
  pid_t m_init = -1;
  std::optional<std::pair<dev_t, ino_t>> m_root_identity;
  InitClient m_init_client;
  Cgroup m_cgroup;
};

}  // namespace tellina::chroot_sandbox
