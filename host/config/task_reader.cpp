#include "host/config/task_reader.hpp"

#include <cmath>

#include "host/config/json_writer.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

/// The terminal's line ends become LF before output is compared, so the same is done to an answer's.
Bytes with_line_feeds(const std::string& text) {
  Bytes result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    result += text[i];
  }
  return result;
}

}  // namespace

Feedback read_feedback(const Config& section, Feedback unless_given) {
  const std::string name = section.string_or("feedback", to_string(unless_given));
  for (const Feedback level : {Feedback::none, Feedback::passed, Feedback::counts, Feedback::own, Feedback::goal}) {
    if (name == to_string(level)) return level;
  }
  return unless_given;
}

Task read_task(const Config& value, TreeReader& trees, Feedback study_feedback) {
  Task task;
  task.place = value.place();
  task.description = value.at("description").as_string();
  if (const Config* initial = value.find("initial_filesystem")) {
    task.initial = trees.read(*initial, TreeReader::Purpose::initial);
  }
  const Config& answer = value.at("answer");
  task.answer_place = answer.place();
  if (value.at("type").as_string() == to_string(TaskType::filesystem)) {
    task.type = TaskType::filesystem;
    task.filesystem_answer = trees.read(answer, TreeReader::Purpose::answer);
  } else {
    task.output_answer = with_line_feeds(answer.as_string());
    if (value.string_or("match", "lines") == "contains") task.output_match = OutputMatch::contains;
    if (const Config* bound = value.find("max_extra_lines")) task.max_extra_lines = bound->as_integer();
  }
  task.feedback = read_feedback(value, study_feedback);
  if (const Config* options = value.find("sandbox")) task.sandbox_options = *options;
  if (const Config* interval = value.find("check_every_in_seconds")) {
    task.check_interval = std::chrono::nanoseconds(std::llround(interval->as_number() * 1e9));
  }
  std::string definition = canonical_json(value);
  for (const std::string& digest : trees.archive_digests(value)) definition += "\n" + digest;
  task.definition_hash = sha256(definition);
  return task;
}

}  // namespace tellina
