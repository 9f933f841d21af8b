#pragma once

/// Runs the cases of a plugin's kind, each in its own process.

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
  crashed,  ///< the case's process died of a signal or exited
  skipped,  ///< a precondition is not met; the finding names it
  warning,  ///< kept the promise, but too slowly
};
const char* to_string(Outcome outcome);

class Result {
 public:
  std::string name;
  std::string contract;
  Outcome outcome = Outcome::passed;
  std::string finding;  ///< empty if it passed
  std::chrono::milliseconds took{0};
  bool seeded = false;
  std::uint64_t seed = 0;

  bool is_good() const { return outcome != Outcome::failed && outcome != Outcome::crashed; }
};

/// The cases of a kind in the order in which they run: those of every kind, those of this kind, and last the audits. An
/// audit is a case that also fails because of what any other case leaves behind; the other case does not fail for it.
std::vector<Case> cases_of(PluginKind kind);

class RunOptions {
 public:
  std::uint64_t seed = 1;
  /// How many cases run at the same time; at least 1. Cases that measure the machine, and those that sweep,
  /// run alone: a backend may sweep more than one owner's sandboxes, if their processes are dead.
  std::size_t jobs = 4;
  /// Runs the cases one after another in this process, for a debugger: without deadlines, and a crash ends this
  /// process.
  bool in_process = false;
  /// Whether to run the case with this name; if empty, all run.
  std::function<bool(const std::string& name)> selects;
};

/// Runs the cases and calls `report` after each, in the order of cases_of(). The audits, which report leaks of all
/// cases, come last. At a case's deadline, the case is killed with all its descendants.
///
/// Threads: forks, so the caller must have no other threads (unless `in_process`).
std::vector<Result> run_cases(const Subject& subject, const RunOptions& options,
                              const std::function<void(const Result&)>& report);

}  // namespace tellina::conformance
