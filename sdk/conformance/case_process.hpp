#pragma once

/// Runs one case in its own process.

#include <sys/types.h>

#include <memory>

#include "audit.hpp"
#include "tellina/conformance/runner.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::conformance {

/// The result of a case, and what it left behind.
class Verdict {
 public:
  Outcome outcome = Outcome::passed;
  std::string finding;
  Leaks leaks;
  std::chrono::milliseconds took{0};
};

class SharedVerdict;

/// Runs the case in this process. `known`: the kinds of leaks that earlier cases had.
Verdict run_here(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known);

/// A case that runs in a child, which is killed at the case's deadline. A process of its own watches the child, so that
/// cases that run at the same time do not take each other's orphans for theirs.
///
/// Lifetime: the destructor kills what still runs.
class CaseRun {
 public:
  /// Starts it. Refers to the subject and the case until it has ended.
  CaseRun(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known);
  CaseRun(const CaseRun&) = delete;
  CaseRun& operator=(const CaseRun&) = delete;
  ~CaseRun();

  /// Readable once it has ended.
  int descriptor() const { return m_descriptor.get(); }
  /// Waits for the end. Call it once.
  Verdict finish();

 private:
  std::unique_ptr<SharedVerdict> m_shared;
  pid_t m_watcher = -1;
  Descriptor m_descriptor;
};

}  // namespace tellina::conformance
