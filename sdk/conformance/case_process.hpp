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

/// How long what a case leaves may take to go: the kernel frees some things late.
constexpr std::chrono::milliseconds time_for_leaks{2000};

/// Runs the case here.
Verdict run_here(const Subject& subject, const Case& one, std::uint64_t seed, std::chrono::milliseconds for_leaks);

/// Runs the case in a child, which is killed when the case's deadline is over.
Verdict run_in_child(const Subject& subject, const Case& one, std::uint64_t seed, std::chrono::milliseconds for_leaks);

}  // namespace tellina::conformance
