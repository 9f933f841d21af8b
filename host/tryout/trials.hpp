#pragma once

/// Tries a task in ways that must pass and in ways that must not.

#include <string>
#include <vector>

#include "host/study/task.hpp"
#include "host/tryout/trial.hpp"
#include "tellina/log.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// A way to work on a task.
class Way {
 public:
  std::string name;  ///< "the solution", "an empty session"
  std::vector<std::string> lines;
  bool must_pass = false;
};

/// The solution; and, which must not pass: an empty session, the task's own wrong ways, the solution as a comment, and
/// the solution printed.
std::vector<Way> ways_of(const Task& task);

/// What trials need. It outlives them.
class TrialParts {
 public:
  SandboxBackend& sandboxes;
  std::string sandbox_plugin;
  std::map<std::string, Bytes> shell_files;
  Clock& clock;
  Random& random;
  Log& log;
};

/// Works on the task in this way, with a database of its own in a temporary folder. Blocks.
TrialResult try_task(const TrialParts& parts, const Task& task, const Way& way);

}  // namespace tellina
