#pragma once

/// The study as the researcher wrote it: plain values, read once, shared by all users, and never changed.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/study/attribute_ranges.hpp"
#include "host/study/checker.hpp"
#include "host/study/design.hpp"
#include "host/study/output_record_answer.hpp"
#include "host/study/relative_times.hpp"
#include "host/study/untimed.hpp"
#include "tellina/config.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

enum class TaskType : std::uint8_t { output, filesystem, file_search, command };

/// As config.json and the store spell it.
inline const char* to_string(TaskType type) {
  constexpr const char* names[] = {"stdout", "filesystem", "file_search", "command"};
  return names[static_cast<std::size_t>(type)];
}

/// How the check searches for a stdout answer.
enum class OutputMatch {
  lines,      ///< one command's output has the answer's lines as complete consecutive lines
  contains,   ///< one command's output has the answer's text anywhere
  exact,      ///< one command's output has the answer's lines and no others, in order
  unordered,  ///< the same in any order
  set,        ///< the same in any order, and however often
  paths,      ///< one command's output names the answer's entries and no others, in order
  records,    ///< one command's output has a line for each of the answer's records
};

/// What does not count when lines are compared as `exact`, `unordered` or `set`.
class IgnoredParts {
 public:
  bool blank_lines = true;
  bool outer_space = true;   ///< at the ends of a line
  bool inner_space = false;  ///< how much white space is between words
  bool letter_case = false;  ///< of ASCII letters
  bool total_lines = false;  ///< see is_total_line()
};

/// How much of a check's result the participant's page shows.
enum class Feedback : std::uint8_t {
  none,    ///< nothing
  passed,  ///< that the task is passed, in the state object
  counts,  ///< numbers; for an output only those of the answer's lines
  own,     ///< also the names or lines that the participant has
  goal,    ///< also those that are missing
};

/// When the page gets a task's texts.
enum class Reveal : std::uint8_t { at_start, before_start };

/// As config.json and the store spell it.
inline const char* to_string(Reveal reveal) {
  constexpr const char* names[] = {"at_start", "before_start"};
  return names[static_cast<std::size_t>(reveal)];
}

/// As config.json and the store spell it.
inline const char* to_string(Feedback feedback) {
  constexpr const char* names[] = {"none", "passed", "counts", "own", "goal"};
  return names[static_cast<std::size_t>(feedback)];
}

/// What can pass a task.
enum class HandIn : std::uint8_t {
  automatic,  ///< checks while the participant works
  button,     ///< only a hand-in
  both
};

/// As config.json and the wire spell it.
inline const char* to_string(HandIn hand_in) {
  constexpr const char* names[] = {"automatic", "button", "both"};
  return names[static_cast<std::size_t>(hand_in)];
}

struct Task {
  std::string id;  ///< unique in the study: up to 40 of a-z, 0-9, "-" and "_"
  TaskType type = TaskType::output;
  std::string title;        ///< UTF-8; may be empty
  std::string description;  ///< Markdown
  std::string expected;     ///< Markdown, shown below the task; may be empty
  Reveal reveal = Reveal::at_start;
  std::optional<std::chrono::nanoseconds> duration;  ///< `untimed`: no end; absent: the study's
  /// How much of the task's time passes before its participant may give up; absent: they may not.
  std::optional<std::chrono::nanoseconds> give_up_after = std::chrono::nanoseconds::zero();
  bool may_start_over = true;   ///< with the initial files
  FileTree initial;             ///< the home directory at the start
  RelativeTimes initial_times;  ///< of its entries whose time depends on the start of the sandbox
  Config sandbox_options;       ///< for the sandbox's plugin, checked against its schema; empty if there are none
  std::string working_directory = "~";  ///< where the shell starts: "~", "~/PATH" or an absolute path
  Bytes output_answer;                  ///< type output: lines end with LF, the last may lack it
  OutputMatch output_match = OutputMatch::lines;
  /// Type output: how many other lines the output may have; see OutputCheck. 0 to limits::extra_lines.
  std::int64_t max_extra_lines = 100;
  IgnoredParts ignored;
  Bytes root;                                     ///< what is compared: a directory of the home, "" for the home itself
  std::vector<Bytes> path_answer;                 ///< type file_search, match paths: names of the home (see HomeNames)
  std::vector<OutputRecordAnswer> record_answer;  ///< match records
  bool allows_extra_lines = false;                ///< match records: lines that name entries may match none
  bool files_may_change = false;                  ///< type file_search: names below the root may change
  FileTree filesystem_answer;     ///< type filesystem: an attribute that is absent in a node is not compared
  AttributeRanges answer_ranges;  ///< of its entries
  std::chrono::nanoseconds check_interval{std::chrono::seconds(2)};  ///< while something runs; zero: no interval
  Feedback feedback = Feedback::counts;
  HandIn hand_in = HandIn::automatic;
  int tries = 1;                      ///< hand-ins; the last failed one ends the task. 1 to 100
  Checker checker;                    ///< type command
  std::vector<std::string> solution;  ///< lines that solve it, for `tellina tasks try`; empty: none are known
  std::map<std::string, std::vector<std::string>> must_fail;  ///< by name: lines that must not pass it
  std::string settings;         ///< the task's JSON with sorted keys, as the configuration has it
  std::string definition_hash;  ///< of what the task is; detects a change during the study
  std::string place;            ///< "config.json:12:5", for messages about this task
  std::string id_place;         ///< of its id, or the task's if it has the default id
  std::string answer_place;     ///< of its answer
};

/// Whether an output may have other lines than the answer's and pass.
inline bool allows_extra_output(const Task& task) {
  if (task.type != TaskType::output) return false;
  return task.output_match == OutputMatch::lines || task.output_match == OutputMatch::contains ||
         (task.output_match == OutputMatch::records && task.allows_extra_lines);
}

struct Study {
  std::string title = "Command-line study";  ///< shown to participants, UTF-8
  std::string contact;                       ///< whom participants may ask; may be empty
  std::vector<Task> tasks;                   ///< task number N of the wire and the store is tasks[N - 1]
  std::chrono::nanoseconds task_duration{};  ///< of tasks without their own
  Design design;
};

/// How long a participant has for a task.
inline std::chrono::nanoseconds duration_of(const Study& study, const Task& task) {
  return task.duration.value_or(study.task_duration);
}

}  // namespace tellina
