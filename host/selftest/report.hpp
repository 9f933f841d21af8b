#pragma once

/// What the self-test found, and the page that says so.

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
  std::string reason;  ///< where it failed
  std::chrono::nanoseconds took{};
};

class SelfTestReport {
 public:
  SelfTestReport() = default;
  bool passed() const;
  /// A report of one step, which failed.
  static SelfTestReport failure(const std::string& step, std::string reason);

  std::vector<SelfTestStep> steps;
  std::vector<std::string> log;  ///< what the server's log said meanwhile, where something failed
};

/// A whole HTML page that needs no script: "Tests passed" or "Tests failed", and every step.
std::string self_test_page(const SelfTestReport& report);

}  // namespace tellina
