#pragma once

/// Judges what a command has printed before it has ended.

#include <functional>
#include <memory>
#include <optional>

#include "host/session/task_check.hpp"

namespace tellina {

/// The shell's marks bring the verdict of a command that ends. One that continues after it has printed the answer, or
/// that the end of the time cuts short, gets its verdict here.
///
/// Threads: the loop's.
class RunningOutputCheck final : public TaskCheck {
 public:
  /// `solved`: the verdict on what the running command has printed up to now, if that passes the task.
  explicit RunningOutputCheck(std::function<std::optional<Progress>()> solved) : m_solved(std::move(solved)) {}

  void use(std::shared_ptr<SandboxHandle>) override {}
  bool follows_commands() const override { return false; }
  void look(Look, std::function<void(Finding)> done) override {
    Finding finding;
    finding.progress = m_solved();
    finding.is_at_rest = true;
    done(finding);
  }

 private:
  std::function<std::optional<Progress>()> m_solved;
};

}  // namespace tellina
