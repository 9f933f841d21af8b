#pragma once

/// Records the resources of a process, and related state of the machine, to compare them before and after a case.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tellina::conformance {

/// A process by number and start time, so that a reused number counts as another process.
using ProcessKey = std::pair<int, std::string>;
using Processes = std::set<ProcessKey>;

/// What can be read of a file, such as one of /proc whose process may end meanwhile.
std::string read_all(const std::string& path);
/// All descendants of a process.
Processes descendants_of(int process);
/// All processes of the machine with this text in their environment: those of a sandbox, with any parent. Finds
/// only processes that this user may inspect.
Processes processes_with_mark(const std::string& mark);
/// These processes and their descendants. If they descend from a child of this process, also that child's other
/// descendants.
Processes relatives_of(const Processes& processes);
/// Those that have not ended. Excludes ended processes that nobody has waited for.
Processes still_running(const Processes& processes);
/// The process whose command line begins with that word, if this machine shows one.
std::optional<int> process_named(const std::string& word);
/// "4711 (sleep), 4712 (bash)".
std::string describe(const Processes& processes);
/// The directories of these processes' control groups, except groups that contain this process.
std::set<std::string> cgroups_of(const Processes& processes);
std::set<std::string> existing(const std::set<std::string>& paths);
/// Descendants of this process that are not `known`. Reaps orphans that have ended and leaves them out. For a subreaper
/// (prctl(2)) whose own children are all known.
Processes adopted_by_this_process(const Processes& known);
/// Kills all descendants of this process that are not `known`, and waits for them.
void kill_below_this_process(const Processes& known);

enum class Leak : std::uint8_t { descriptors, threads, processes, mounts, cgroups, files };
inline constexpr std::size_t leak_kinds = 6;
/// Descriptions of the leaks of each kind; empty if there are none.
using Leaks = std::array<std::string, leak_kinds>;
using LeakKinds = std::array<bool, leak_kinds>;

/// How long a case's resources may take to disappear, because the kernel frees some of them late. A kind that has
/// leaked before gets less time, so that a plugin that always leaks does not take this long in every case.
constexpr std::chrono::milliseconds time_for_leaks{2000};
constexpr std::chrono::milliseconds time_for_known_leaks{100};

/// What there is on the machine at a moment, of every owner and with any name: mounts of this process's namespace,
/// control groups, processes, and the files in the folders for temporary ones. Compare two of them.
class Inventory {
 public:
  static constexpr std::array<const char*, 4> kinds{"mount", "control group", "process", "file"};
  static Inventory now();
  /// The entries of a kind that are here and not in `before`.
  std::set<std::string> added_since(const Inventory& before, std::size_t kind) const;
  /// Those of these entries that are here.
  std::set<std::string> common(const std::set<std::string>& entries, std::size_t kind) const;

 private:
  std::array<std::set<std::string>, kinds.size()> m_entries;
};

/// Created before a case and queried after it. Finds processes among all descendants of this process. Counts only
/// mounts, control groups and files whose name contains the mark, so that other programs have no effect.
class Audit {
 public:
  Audit();

  /// Checks until nothing is left or the time is over.
  Leaks find_leaks(const std::string& mark, const LeakKinds& known) const;

 private:
  Leaks find_now(const std::string& mark) const;

  std::map<int, std::string> m_descriptors;
  std::set<int> m_threads;
  Processes m_processes;
};

}  // namespace tellina::conformance
