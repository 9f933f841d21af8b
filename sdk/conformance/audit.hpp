#pragma once

/// What a process holds and what lies about on the machine, so that before and after can be compared.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tellina::conformance {

/// A process by number and start time, so that a reused number is another process.
using ProcessKey = std::pair<int, std::string>;
using Processes = std::set<ProcessKey>;

/// All processes below one, through the whole tree.
Processes descendants_of(int process);
/// Processes of the whole machine with this text in their environment: those of a sandbox, whatever their parent.
/// Finds those that this user may look at.
Processes processes_with_mark(const std::string& mark);
/// These, all below them, and where they are below this process all that are so by way of the same child of it.
Processes relatives_of(const Processes& processes);
/// Those of them that have not ended; who has ended and was not waited for is not among them.
Processes still_there(const Processes& processes);
/// "4711 (sleep), 4712 (bash)".
std::string describe(const Processes& processes);
/// Directories of the control groups that these processes are in, except those that this process is in or below.
std::set<std::string> cgroups_of(const Processes& processes);
std::set<std::string> those_that_exist(const std::set<std::string>& paths);
/// Processes below this one that are not `known`, without those that have ended and were nobody's: these are waited
/// for. For a subreaper (prctl(2)) whose own children are all known.
Processes adopted_by_this_process(const Processes& known);
/// Ends all processes below this one that are not `known`, and waits for them.
void kill_below_this_process(const Processes& known);

enum class Leak : std::uint8_t { descriptors, threads, processes, mounts, cgroups, files };
inline constexpr std::size_t leak_kinds = 6;
/// What was found of each kind, in words; empty where nothing was.
using Leaks = std::array<std::string, leak_kinds>;
using LeakKinds = std::array<bool, leak_kinds>;

/// How long what a case leaves may take to go, as the kernel frees some things late; and what is of a kind of which
/// something was left before, so that a plugin that leaks always does not take that long each time.
constexpr std::chrono::milliseconds time_for_leaks{2000};
constexpr std::chrono::milliseconds time_for_known_leaks{100};

/// Made before a case and asked after it. Processes are looked for in the whole tree below this one; mounts, control
/// groups and files are those that carry the mark in their name, so that what other programs do meanwhile does not
/// count.
class Audit {
 public:
  Audit();

  /// Looks until nothing is left or the time is over.
  Leaks find_leaks(const std::string& mark, const LeakKinds& known) const;

 private:
  Leaks look(const std::string& mark) const;

  std::map<int, std::string> m_descriptors;
  std::set<int> m_threads;
  Processes m_processes;
};

}  // namespace tellina::conformance
