#pragma once

/// The activity of a sandbox whose shell runs on a terminal of this machine, from the kernel's run times.

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tellina/sandbox.hpp"
#include "tellina/text.hpp"

namespace tellina {

/// Walks the descendants of a process and hashes their numbers and run times. If one has changed a file since the last
/// walk, the hash differs: it has run for longer, or it has ended, or the process that started it has run for longer.
class ProcessWalk {
 public:
  /// `first` itself is not counted. Returns an unknown activity if the kernel has no run times or lists of children, if
  /// a process has several threads, or if there are more than `most_processes`.
  static Activity below(pid_t first) {
    ProcessWalk walk;
    Activity activity;
    activity.is_known = walk.has_run_times() && walk.visit_children(first);
    if (!activity.is_known) return {};
    activity.shell_is_alone = walk.m_count == 1;
    activity.stamp = walk.m_stamp.value();
    return activity;
  }

 private:
  static constexpr int most_processes = 256;
  using Text = std::array<char, 4096>;

  ProcessWalk() = default;

  /// Returns false if the file cannot be read or does not fit.
  static bool read_text(const char* path, Text& text) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const ssize_t size = read(file, text.data(), text.size() - 1);
    close(file);
    if (size < 0 || static_cast<std::size_t>(size) == text.size() - 1) return false;
    text[static_cast<std::size_t>(size)] = '\0';
    return true;
  }

  /// Kernels that are built without CONFIG_SCHED_INFO have no such file, or zeros in it.
  bool has_run_times() {
    Text text;
    return read_text("/proc/self/schedstat", text) && std::strtoull(text.data(), nullptr, 10) > 0;
  }

  bool visit_children(pid_t parent) {
    std::array<char, 64> path;
    std::snprintf(path.data(), path.size(), "/proc/%d/task/%d/children", parent, parent);
    Text children;
    if (!read_text(path.data(), children)) return false;
    for (char *next = children.data(), *end = nullptr;; next = end) {
      const long child = std::strtol(next, &end, 10);
      if (end == next) return true;
      if (!visit(static_cast<pid_t>(child))) return false;
    }
  }

  bool visit(pid_t process) {
    if (++m_count > most_processes) return false;
    std::array<char, 64> path;
    std::snprintf(path.data(), path.size(), "/proc/%d/task", process);
    struct stat threads {};
    if (stat(path.data(), &threads) != 0 || threads.st_nlink > nlink_of_one_thread) return false;
    std::snprintf(path.data(), path.size(), "/proc/%d/schedstat", process);
    Text run_time;
    if (!read_text(path.data(), run_time)) return false;
    m_stamp.add_word(static_cast<std::uint64_t>(process));
    m_stamp.add_word(std::strtoull(run_time.data(), nullptr, 10));
    return visit_children(process);
  }

  /// A directory has two links, and one more for each directory in it.
  static constexpr nlink_t nlink_of_one_thread = 3;

  int m_count = 0;
  Fnv1a m_stamp;
};

/// `terminal`: the master of the shell's terminal. The shell is the leader of its session. Its parent is a process of
/// the plugin, to which the kernel gives the orphans of the sandbox. Never blocks.
inline Activity terminal_activity(int terminal) {
  pid_t shell = 0;
  if (ioctl(terminal, TIOCGSID, &shell) != 0 || shell <= 0) return {};
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "/proc/%d/stat", shell);
  const int file = open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::array<char, 512> text{};
  const ssize_t size = read(file, text.data(), text.size() - 1);
  close(file);
  // "NUMBER (NAME) STATE PARENT ...": the name may contain any byte.
  const char* const behind_name = size > 0 ? std::strrchr(text.data(), ')') : nullptr;
  int parent = 0;
  if (behind_name == nullptr || std::sscanf(behind_name + 1, " %*c %d", &parent) != 1 || parent <= 1) return {};
  return ProcessWalk::below(parent);
}

}  // namespace tellina
