#pragma once

/// What a checker's end and output say about a task.

#include <chrono>
#include <optional>
#include <string>

#include "host/study/progress.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// Either a verdict or the reason why there is none: then the checker has failed, and not the participant.
class CheckerVerdict {
 public:
  std::optional<Progress> progress{};
  std::string failure;  ///< "it ran longer than 10 s"; empty with a verdict
};

/// Status 0 is passed, 1 not passed. If the last line of the output starts with "{", it is the result, a JSON object
/// with any of `matched`, `missing`, `extra`, `incorrect` (0 to 999,999), `score` (0 to 1) and `detail`, a list of
/// {"path"|"line", "status"}; other members are ignored. Entries of `detail` beyond the limits of Progress are left
/// out.
CheckerVerdict read_verdict(const RunResult& result, std::chrono::milliseconds time_limit);

}  // namespace tellina
