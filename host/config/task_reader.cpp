#include "host/config/task_reader.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/config/checker_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/output_answer_reader.hpp"
#include "host/config/tree_answer_reader.hpp"
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
  task.root = read_root(value, task.initial, trees.diagnostics());
  read_tree_answer(value.at("answer"), task, trees);
}

std::chrono::nanoseconds nanoseconds_of(const Config& seconds) {
  return std::chrono::nanoseconds(std::llround(seconds.as_number() * 1e9));
}

void read_duration(const Config& value, Task& task) {
  const Config* duration = value.find("duration_in_seconds");
  if (!duration) return;
  task.duration = duration->is_null() ? untimed : std::max(nanoseconds_of(*duration), std::chrono::nanoseconds(1));
}

void read_offers(const Config& value, Task& task) {
  task.may_start_over = value.bool_or("start_over", true);
  const Config* give_up = value.find("give_up");
  if (!give_up) return;
  if (give_up->is_object()) {
    task.give_up_after = nanoseconds_of(give_up->at("after_in_seconds"));
  } else if (!give_up->as_bool()) {
    task.give_up_after.reset();
  }
}

/// Of what decides how a participant works on the task and what passes it.
std::string definition_hash(const Config& value, const Task& task, TreeReader& trees,
                            const std::string& checker_digest) {
  std::string definition = canonical_json(
      without_members(value, {"id", "tags", "metadata", "solution", "must_fail", "duration_in_seconds"}));
  for (const std::string& digest : trees.archive_digests(value)) definition += "\n" + digest;
  for (const auto& [key, text] : {std::pair("description", &task.description), std::pair("expected", &task.expected)}) {
    const Config* named = value.find(key);
    // The value is in `definition`, but neither the content of its file nor that of its pictures.
    if (named && (named->is_object() || named->as_string() != *text)) definition += "\n" + sha256(*text);
  }
  if (!checker_digest.empty()) definition += "\n" + checker_digest;
  return sha256(definition);
}

}  // namespace

Task read_task(const Config& value, std::size_t number, const std::string& folder, TreeReader& trees, TextReader& texts,
               Feedback study_feedback) {
  Task task;
  task.id = value.string_or("id", "task-" + std::to_string(number));
  task.place = value.place();
  task.id_place = value.find("id") ? value.at("id").place() : task.place;
  task.title = value.string_or("title", "");
  task.description = texts.read(value.at("description"));
  if (const Config* expected = value.find("expected")) task.expected = texts.read(*expected);
  if (value.string_or("reveal", to_string(task.reveal)) != to_string(task.reveal)) task.reveal = Reveal::before_start;
  read_duration(value, task);
  read_offers(value, task);
  if (const Config* initial = value.find("initial_filesystem")) {
    ReadTree read = trees.read(*initial, TreeReader::Purpose::initial);
    task.initial = std::move(read.tree);
    task.initial_times = std::move(read.times);
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
    task.check_interval = nanoseconds_of(*interval);
  }
  task.settings = canonical_json(value);
  task.definition_hash = definition_hash(value, task, trees, checker_digest);
  return task;
}

}  // namespace tellina
