#pragma once

/// Runs one case in its own process.

#include "audit.hpp"
#include "tellina/conformance/runner.hpp"

namespace tellina::conformance {

/// The result of a case, and what it left behind.
class Verdict {
 public:
  Outcome outcome = Outcome::passed;
  std::string finding;
  Leaks leaks;
  std::chrono::milliseconds took{0};
};

/// Runs the case in this process. `known`: the kinds of leaks that earlier cases had.
Verdict run_here(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known);

/// Runs the case in a child, which is killed at the case's deadline.
Verdict run_in_child(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known);

}  // namespace tellina::conformance
