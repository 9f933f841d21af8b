#pragma once

/// One case in a process of its own.

#include "audit.hpp"
#include "tellina/conformance/runner.hpp"

namespace tellina::conformance {

/// What came of a case, and what it left behind.
class Verdict {
 public:
  Outcome outcome = Outcome::passed;
  std::string finding;
  Leaks leaks;
  std::chrono::milliseconds took{0};
};

/// Runs the case here. `known` are the kinds of leaks that earlier cases had.
Verdict run_here(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known);

/// Runs the case in a child, which is killed when the case's deadline is over.
Verdict run_in_child(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known);

}  // namespace tellina::conformance
