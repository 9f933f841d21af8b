#pragma once

/// The result of the self-test, and the page that shows it.

#include <chrono>
#include <string>
#include <vector>

namespace tellina {

class SelfTestStep {
 public:
  enum class Outcome { passed, failed, not_reached };

  explicit SelfTestStep(const std::string& name_);

  std::string name;
  Outcome outcome = Outcome::not_reached;
  std::string reason;  ///< if it failed
  std::chrono::nanoseconds took{};
};

class SelfTestReport {
 public:
  SelfTestReport() = default;
  bool passed() const;
  /// A report with one step, which failed.
  static SelfTestReport failure(const std::string& step, std::string reason);

  std::vector<SelfTestStep> steps;
  std::vector<std::string> log;  ///< the server's log during the test, if a step failed
};

/// A complete HTML page that needs no script: "Tests passed" or "Tests failed", and every step.
std::string self_test_page(const SelfTestReport& report);

}  // namespace tellina
