#include "host/config/task_reader.hpp"

#include <cmath>

#include "host/config/checker_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/output_answer_reader.hpp"
#include "host/text/sha256.hpp"

namespace tellina {

Feedback read_feedback(const Config& section, Feedback unless_given) {
  const std::string name = section.string_or("feedback", to_string(unless_given));
  for (const Feedback level : {Feedback::none, Feedback::passed, Feedback::counts, Feedback::own, Feedback::goal}) {
    if (name == to_string(level)) return level;
  }
  return unless_given;
}

namespace {

std::vector<std::string> read_lines(const Config& value) {
  std::vector<std::string> lines;
  for (const Config& line : value.items()) lines.push_back(line.as_string());
  return lines;
}

void read_answer(const Config& value, Task& task, TreeReader& trees) {
  if (task.type != TaskType::filesystem) return read_output_answer(value, task, trees.diagnostics());
  task.filesystem_answer = trees.read(value.at("answer"), TreeReader::Purpose::answer);
  task.root = read_root(value, task.initial, trees.diagnostics());
}

}  // namespace

Task read_task(const Config& value, std::size_t number, const std::string& folder, TreeReader& trees, TextReader& texts,
               Feedback study_feedback) {
  Task task;
  task.id = value.string_or("id", "task-" + std::to_string(number));
  task.place = value.place();
  task.description = texts.read(value.at("description"));
  if (const Config* initial = value.find("initial_filesystem")) {
    task.initial = trees.read(*initial, TreeReader::Purpose::initial);
  }
  const std::string type = value.at("type").as_string();
  for (const TaskType known : {TaskType::output, TaskType::filesystem, TaskType::file_search, TaskType::command}) {
    if (type == to_string(known)) task.type = known;
  }
  task.feedback = read_feedback(value, study_feedback);
  read_hand_in(value, task, trees.diagnostics());
  std::string checker_digest;
  if (task.type == TaskType::command) {
    task.answer_place = value.at("check").place();
    checker_digest = read_checker(value, folder, task, trees.diagnostics());
  } else {
    task.answer_place = value.at("answer").place();
    read_answer(value, task, trees);
  }
  if (const Config* solution = value.find("solution")) task.solution = read_lines(*solution);
  if (const Config* ways = value.find("must_fail")) {
    for (const auto& [name, lines] : ways->members()) task.must_fail.emplace(name, read_lines(lines));
  }
  if (const Config* options = value.find("sandbox")) task.sandbox_options = *options;
  if (const Config* interval = value.find("check_every_in_seconds")) {
    task.check_interval = std::chrono::nanoseconds(std::llround(interval->as_number() * 1e9));
  }
  task.settings = canonical_json(value);
  // The id names the task, and the others are for tests: they are no part of what it is.
  std::string definition = canonical_json(without_members(value, {"id", "solution", "must_fail"}));
  for (const std::string& digest : trees.archive_digests(value)) definition += "\n" + digest;
  if (value.at("description").is_object()) definition += "\n" + sha256(task.description);
  if (!checker_digest.empty()) definition += "\n" + checker_digest;
  task.definition_hash = sha256(definition);
  return task;
}

}  // namespace tellina
