#pragma once

#include <cstdint>

namespace tellina::launcher {

/// Ends programs of a sandbox that hold more memory together than they may, where no control group keeps that limit.
///
/// It is the launcher's part and not init's, since the participant's programs have init's user: they may take its
/// descriptors and its processor time away (prlimit(2), sched_setscheduler(2)). The launcher has no number in their
/// process namespace, so they can't even name it.
///
/// What counts is what has to be kept for a program: anonymous memory, shared memory that it maps, and what of it is
/// swapped out; but not its files, of which those in memory have limits of their own.
class MemoryWatch {
 public:
  /// Begins to look. `processes` is the sandbox's own /proc, which lists its processes alone; it becomes this object's.
  void begin(int processes, std::uint64_t limit_in_bytes);
  void end() { m_limit = 0; }

  /// For poll(2): milliseconds until the next look is due; -1 where there is none.
  int time_left() const;
  /// Looks if it is time. Where two looks one after the other find too much, kills what holds the most until the rest
  /// is within the limit.
  void look_if_due();

 private:
  /// Whether the next look is urgent.
  bool look();

  int m_processes = -1;
  std::uint64_t m_limit = 0;  ///< in KiB; 0: nothing is watched
  std::int64_t m_due = 0;     ///< of the monotonic clock, in milliseconds
  std::uint64_t m_held = 0;   ///< in KiB, by the last look
  bool m_is_quiet = false;    ///< it found as much as the one before
  bool m_is_over = false;     ///< it found more than the limit
};

}  // namespace tellina::launcher
