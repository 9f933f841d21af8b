#pragma once

/// Runs the cases of a plugin's kind, each in a process of its own.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tellina/conformance/case.hpp"

namespace tellina::conformance {

enum class Outcome : std::uint8_t {
  passed,
  failed,
  crashed,  ///< the case's process died of a signal or left by itself
  skipped,  ///< a precondition does not hold; the finding says which
  warning,  ///< kept the promise, but too slowly
};
const char* to_string(Outcome outcome);

class Result {
 public:
  std::string name;
  std::string contract;
  Outcome outcome = Outcome::passed;
  std::string finding;  ///< empty where it passed
  std::chrono::milliseconds took{0};
  bool seeded = false;
  std::uint64_t seed = 0;

  bool is_good() const { return outcome != Outcome::failed && outcome != Outcome::crashed; }
};

/// The cases of a kind in the order in which they run: those of every kind, its own, and last the audits. An audit is
/// a case like others, and what any other case leaves behind is its failure too and not that other case's.
std::vector<Case> cases_of(PluginKind kind);

class RunOptions {
 public:
  std::uint64_t seed = 1;
  /// One after another in this process, for a debugger: no deadline, and a crash is a crash of this process.
  bool in_process = false;
  /// Whether a case of this name is to run; empty for all.
  std::function<bool(const std::string& name)> selects;
};

/// Runs the cases and calls `report` after each; the audits, of which a leak elsewhere is a finding, come last. A case
/// whose deadline passes is killed with all processes below it.
///
/// Threads: forks, so the caller must have no other threads (unless `in_process`). Makes this process the subreaper of
/// its descendants (prctl(2), PR_SET_CHILD_SUBREAPER) and leaves it so.
std::vector<Result> run_cases(const Subject& subject, const RunOptions& options,
                              const std::function<void(const Result&)>& report);

}  // namespace tellina::conformance
