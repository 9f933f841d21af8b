#pragma once

/// The steps of a study as the researcher wrote them.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/study/outcome.hpp"
#include "host/study/study_text.hpp"

namespace tellina {

enum class StepKind : std::uint8_t { consent, page, questionnaire, practice, tasks, pause, periods };

/// As the configuration spells it; `pause` is "break".
std::string_view to_string(StepKind kind);

/// Ends the study after a questionnaire, depending on one answer.
struct EndRule {
  enum class Test : std::uint8_t { is, less_than, more_than, includes };
  std::string field;
  Test test = Test::is;
  boost::json::value value;
  Outcome outcome = Outcome::screened_out;
};

/// Shows a questionnaire again if an answer is not the correct one.
struct RepeatRule {
  int times = 1;                   ///< how often it is shown again
  std::optional<Outcome> outcome;  ///< if an answer is still wrong then; without it the study continues
};

struct FlowStep {
  StepKind kind = StepKind::tasks;
  std::string id;     ///< unique in the flow: up to 40 of a-z, 0-9, "-" and "_"; by default "page-2"
  std::string title;  ///< may be empty
  StudyText text;     ///< consent, page, pause
  // consent
  std::string version;             ///< as configured; empty: see consent_version()
  std::vector<std::string> boxes;  ///< to tick, each as a Markdown text
  bool can_refuse = true;
  // page, pause
  std::chrono::nanoseconds at_least{};  ///< before the participant may continue
  bool has_back = false;                ///< page: a button leads to the page before it
  // pause
  std::optional<std::chrono::nanoseconds> at_most;  ///< a longer break is recorded as an event
  // questionnaire
  std::string form;  ///< a name in Design::forms
  std::vector<EndRule> ends_if;
  std::optional<RepeatRule> repeat_if_wrong;
  // practice
  enum class Until : std::uint8_t { ended, passed };
  std::vector<int> practice_tasks;  ///< numbers in Study::tasks
  Until until = Until::ended;
  int tries = 3;                                           ///< task sessions per task, if `until` is passed
  std::optional<std::chrono::nanoseconds> solution_after;  ///< since the task's start; without it, never
  std::optional<Outcome> outcome;                          ///< if a task is not passed in the last try
  // tasks
  std::string block;  ///< a name in Design::blocks, "*" or, in periods, "{block}"
  // periods
  std::vector<FlowStep> steps;    ///< once per period
  std::vector<FlowStep> between;  ///< after each period but the last
};

/// The outcome of the first rule that holds.
std::optional<Outcome> ending_outcome(const std::vector<EndRule>& rules, const boost::json::object& answers);

/// What a participant consented to: the configured version, or the SHA-256 of the text and the boxes.
std::string consent_version(const FlowStep& consent, const PeriodNames& names);

}  // namespace tellina
