#pragma once

#include <cstdint>

namespace tellina::launcher {

/// Ends programs of a sandbox that together hold more memory than allowed. Used if no control group enforces the limit.
///
/// This runs in the launcher and not in init, because the participant's programs have the same user as init and could
/// take away its descriptors and its processor time (prlimit(2), sched_setscheduler(2)). The launcher has no number in
/// their process namespace, so they can't affect it.
///
/// It counts memory that must be kept for a program: anonymous memory, mapped shared memory, their swapped parts, page
/// tables and mappings. It adds a fixed amount for each open file and each socket of the sandbox, so that pipes, epoll
/// watches and socket buffers count too. It does not count files; file systems in memory have their own limits.
class MemoryWatch {
 public:
  /// Starts to check. `processes` is the sandbox's own /proc, which lists only its processes; this object takes
  /// ownership.
  void begin(int processes, std::uint64_t limit_in_bytes);
  void end() { m_limit = 0; }

  /// For poll(2): milliseconds until the next check is due; -1 if there is none.
  int time_left() const;
  /// Checks if a check is due. If two successive checks find too much, kills the programs that hold the most until the
  /// others are within the limit.
  void check_if_due();

 private:
  /// Runs one check. Returns whether the next one is urgent.
  bool check();

  std::uint64_t unattributed_memory() const;

  int m_processes = -1;
  std::uint64_t m_socket = 0;  ///< kernel memory of one socket at most, in KiB
  std::uint64_t m_limit = 0;   ///< in KiB; 0: no watch
  std::int64_t m_due = 0;      ///< of the monotonic clock, in milliseconds
  std::uint64_t m_held = 0;    ///< in KiB, at the last check
  bool m_is_quiet = false;     ///< the last check found as much as the previous one
  bool m_is_over = false;      ///< the last check found more than the limit
};

}  // namespace tellina::launcher
