#pragma once

/// What the store keeps of a participant's way through the steps of a study.

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "host/study/outcome.hpp"
#include "host/study/schedule.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// A consent, page, questionnaire or break that the participant was shown.
class ShownStep {
 public:
  ShownStep() = default;
  int position = 0;        ///< in the schedule
  int try_number = 1;      ///< at this position: a wrong questionnaire and a page to go back to are shown again
  MonotonicTime shown_at;  ///< the time of reading if an earlier start of the machine showed it
  /// Absent until the participant has left the step. See step_result.
  std::optional<std::string> result{};
};

/// How a participant left a step, as the store spells it.
namespace step_result {
inline constexpr const char* agreed = "agreed";
inline constexpr const char* refused = "refused";
inline constexpr const char* read = "read";
inline constexpr const char* submitted = "submitted";
inline constexpr const char* rested = "rested";
inline constexpr const char* again = "again";  ///< a wrong questionnaire: it comes again
inline constexpr const char* back = "back";    ///< to the page before it: it comes again
}  // namespace step_result

/// Of the participant's current attempt.
class FlowRecord {
 public:
  FlowRecord() = default;
  Schedule schedule;             ///< as far as it is known; empty before the first step, and in studies of tasks only
  bool has_group = false;        ///< the schedule is complete
  std::vector<ShownStep> steps;  ///< in the order in which they were shown first
  boost::json::object answers;   ///< of the step that was shown last: the latest value of each field
  std::optional<Outcome> outcome;
  std::string completion_code;
  /// How long ago the participant was seen last, when this was read; nothing if never.
  std::optional<std::chrono::nanoseconds> unseen_for;
};

}  // namespace tellina
