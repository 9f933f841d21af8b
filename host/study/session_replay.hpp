#pragma once

/// Judges a recorded task session again, by the code that judges a running one. Pure.

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "host/study/checker_verdict.hpp"
#include "host/study/recorded_session.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// What the record does not have in the session's rows.
class ReplaySources {
 public:
  /// The content with this SHA-256; absent if the record does not have it.
  std::function<std::optional<Bytes>(const std::string& sha256)> find_content;
  /// Runs the task's checker on this home. `commands`: lines of command_line_of(). May throw Error.
  std::function<CheckerVerdict(FileTree home, Bytes commands)> run_checker;
};

class ReplayVerdict {
 public:
  bool is_passed = false;
  std::int64_t command_number = 0;    ///< if passed: after or during this command
  std::chrono::nanoseconds after{0};  ///< if passed: since the session's start
  bool is_approximate = false;        ///< something was judged without the streams, or with a part of them
  std::string reason;                 ///< why there is no verdict; empty if there is one
};

/// By the check of `task`, which may be another one than the session's. Takes as long as the session's checkers run.
ReplayVerdict replay(const Task& task, const RecordedSession& session, const ReplaySources& sources);

}  // namespace tellina
