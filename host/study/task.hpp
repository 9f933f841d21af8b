#pragma once

/// The study as the researcher wrote it: plain values, read once, shared by everybody, never changed.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tellina/file_tree.hpp"

namespace tellina {

enum class TaskType { output, filesystem };

/// "stdout" and "filesystem", as config.json and the store spell them.
inline const char* to_string(TaskType type) { return type == TaskType::output ? "stdout" : "filesystem"; }

/// How a stdout answer is looked for.
enum class OutputMatch {
  lines,     ///< the answer's lines stand in one command's output as whole consecutive lines
  contains,  ///< the answer's text stands somewhere in it
};

/// How much of a check a participant's page gets.
enum class Feedback : std::uint8_t {
  none,    ///< nothing
  passed,  ///< that the task is passed, by the state
  counts,  ///< numbers; of an output only those of the answer's lines
  own,     ///< also the names or lines that the participant has
  goal,    ///< also those that are missing
};

/// As config.json and the store spell it.
inline const char* to_string(Feedback feedback) {
  constexpr const char* names[] = {"none", "passed", "counts", "own", "goal"};
  return names[static_cast<std::size_t>(feedback)];
}

class Task {
 public:
  Task() = default;

  TaskType type = TaskType::output;
  std::string description;              ///< Markdown
  FileTree initial;                     ///< the home directory at the start
  std::string working_directory = "~";  ///< where the shell starts: "~", "~/PATH" or an absolute path
  Bytes output_answer;                  ///< type output: lines end with LF, the last may lack it
  OutputMatch output_match = OutputMatch::lines;
  FileTree filesystem_answer;  ///< type filesystem: an attribute that is absent in a node is not compared
  std::chrono::nanoseconds check_interval{std::chrono::seconds(2)};  ///< while something runs; zero: none
  Feedback feedback = Feedback::counts;
  std::string definition_hash;  ///< of the task's JSON with sorted keys, so that a change under way is noticed
  std::string place;            ///< "config.json:12:5", for messages about this task
};

class Study {
 public:
  Study() = default;
  std::string title = "Command-line study";  ///< what participants see of it, UTF-8
  std::string contact;                       ///< whom they may ask; may be empty
  std::vector<Task> tasks;                   ///< task number N of the wire and the store is tasks[N - 1]
  std::chrono::nanoseconds task_duration{};
};

}  // namespace tellina
