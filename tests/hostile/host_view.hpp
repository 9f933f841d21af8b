#pragma once

/// Sandboxes as the machine shows them, from sources that no participant can change.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tellina::hostile {

/// One process of a participant.
class ProcessView {
 public:
  /// Nothing if the process has ended.
  static std::optional<ProcessView> of(pid_t number);

  pid_t number = 0;
  /// The process number in the innermost process namespace.
  pid_t number_inside = 0;
  /// The process namespace, as /proc names it.
  std::string process_namespace;
  /// user, mnt, net, ipc, uts and cgroup, as /proc names them.
  std::vector<std::string> namespaces;
  /// The real, effective, saved and file system user.
  std::set<uid_t> users;
  std::uint64_t capabilities = 0;  ///< permitted, effective, inheritable or ambient
  bool gains_no_privileges = false;
  bool has_filter = false;  ///< of system calls
  bool is_traced = false;
  int score_of_killer = 0;  ///< oom_score_adj
  int nice = 0;
  int policy = 0;                  ///< of the scheduler, as in <sched.h>
  long most_files = 0;             ///< RLIMIT_NOFILE, the hard one
  double seconds = 0;              ///< of processor time
  std::string root;                ///< device and inode of the root directory
  std::string program;             ///< device and inode
  std::vector<std::string> files;  ///< what its descriptors refer to, as /proc names it
};

/// The processes of one sandbox.
class SandboxView {
 public:
  /// Process 1; absent in a sandbox without a process namespace.
  std::optional<ProcessView> init;
  /// All other processes.
  std::vector<ProcessView> processes;
};

/// Groups processes by their process namespace. With `with_unconfined`, the processes in no separate namespace form one
/// more sandbox; otherwise they are left out.
std::vector<SandboxView> find_sandboxes(const std::set<pid_t>& processes, bool with_unconfined);

/// Runs `action` in a process of this user without supplementary groups. `action` may only make system calls. Returns
/// its result, or false if no process can be started.
bool as_user(uid_t user, bool (*action)());

/// Each returns whether a resource that users of this machine need is still available.
bool can_watch_files();
bool can_open_terminal();
bool has_whole_pipes();
bool can_wait_for_files();

}  // namespace tellina::hostile
