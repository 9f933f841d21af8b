#pragma once

/// One sandbox as the plugin sees it: processes, sockets, and what they are asked for.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/sandbox_chroot/cgroup.hpp"
#include "plugins/sandbox_chroot/deadline.hpp"
#include "plugins/sandbox_chroot/launch.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::chroot_sandbox {

/// What the shell is started with.
class ShellPlan {
 public:
  std::string working_directory;         ///< absolute
  std::vector<std::string> arguments;    ///< the first is the program's path
  std::vector<std::string> environment;  ///< "NAME=value"
  std::uint64_t processes = 0;
  std::uint64_t address_space = 0;  ///< bytes; 0: no limit
};

/// Everything of a sandbox before its shell starts, so that it can be made in advance.
///
/// Threads: one at a time. The processes end with the thread that made them.
class Cell {
 public:
  /// Throws Error and leaves nothing.
  static std::unique_ptr<Cell> make(const Settings& settings, const SystemCallFilter& filter, Random& random,
                                    const Deadline& deadline);
  /// Ends it.
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  /// Whether it can still be used: its processes live, and its root file system has not been replaced since.
  bool is_fresh(const Settings& settings) const;

  void enter_cgroups(Cgroups& cgroups, const std::string& owner, const std::string& id, const Cgroups::Limits& limits);
  const Cgroup& cgroup() const { return m_cgroup; }

  /// Throws Error(seed_failed) with path and errno.
  void seed(const Descriptor& tree, const Deadline& deadline);
  FileTree snapshot(const SnapshotRequest& request, const Deadline& deadline);
  void start_shell(const ShellPlan& plan, TerminalSize size, const Deadline& deadline);
  /// Ends every process of the shell; a new one can then be started, on a new terminal.
  void renew(const Deadline& deadline);

  int terminal() const { return m_terminal.get(); }
  /// Gets the shell's wait status when it ends.
  int shell_end() const { return m_shell_end.get(); }

  /// Nothing is left when it returns. Idempotent. Returns what could not be removed, or an empty text.
  std::string end();

 private:
  explicit Cell(LaunchedProcess launched) : m_launched(std::move(launched)) {}
  void get_ready(Random& random, const Deadline& deadline);
  void take_terminal(const Deadline& deadline);
  std::string ask_launcher(const void* request, std::size_t size, const Descriptor& tree, const Deadline& deadline,
                           const std::string& what);

  LaunchedProcess m_launched;
  Descriptor m_init_process;
  pid_t m_init = -1;
  std::optional<std::pair<dev_t, ino_t>> m_root_identity;
  Descriptor m_terminal;
  Descriptor m_home;
  Descriptor m_shell_end;
  Cgroup m_cgroup;
};

}  // namespace tellina::chroot_sandbox
