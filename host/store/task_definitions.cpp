#include "host/store/task_definitions.hpp"

#include <map>

#include "host/text/message_parts.hpp"

namespace tellina {
namespace {

/// A definition of a task with which participants have started it in their current attempt.
class StartedTask {
 public:
  StartedTask() = default;
  std::string definition_hash;
  std::string id;            ///< empty if an older version started it
  std::string participants;  ///< "P001, P004"
};

/// By task number. Participants may have started one task with different definitions over time.
std::multimap<int, StartedTask> find_started(Database& database) {
  std::multimap<int, StartedTask> started;
  Query row = database.query(
      "SELECT task_number, definition_hash, group_concat(label, ', '), task FROM ("
      "SELECT s.task_number, t.definition_hash, t.task, p.label AS label FROM task_sessions s "
      "JOIN participants p ON p.id = s.participant_id AND p.attempt = s.attempt "
      "JOIN tasks t ON t.id = s.task_id ORDER BY p.id) GROUP BY task_number, definition_hash, task");
  while (row.next()) {
    StartedTask task;
    task.definition_hash = row.text(1);
    task.participants = row.text(2);
    if (!row.is_null(3)) task.id = row.text(3);
    started.emplace(static_cast<int>(row.integer(0)), std::move(task));
  }
  return started;
}

constexpr const char* remedies =
    " (restore it, or start again with another database or \"tellina participants reset CODE\"; \"tellina participants "
    "list\" shows their codes)";

const char* have(const std::string& participants) {
  return participants.find(", ") == std::string::npos ? " has" : " have";
}

/// Participants with a schedule of another design, and without an outcome.
std::string find_design_conflict(Database& database, const Study& study, const std::string& file) {
  Query row = database.query(
      "SELECT group_concat(label, ', ') FROM (SELECT label FROM participants WHERE outcome IS NULL "
      "AND design_hash IS NOT NULL AND design_hash <> ? ORDER BY id)",
      study.design.hash);
  if (!row.next() || row.is_null(0)) return {};
  const std::string participants = row.text(0);
  return file + ": " + participants + have(participants) +
         " begun this study; its blocks, treatments, questionnaires, flow and groups must not change" + remedies;
}

/// "P001 has", "P001, P004 and P009 have".
std::string subject_of(const StartedTask& started) {
  const std::size_t last = started.participants.rfind(", ");
  if (last == std::string::npos) return started.participants + " has";
  return started.participants.substr(0, last) + " and " + started.participants.substr(last + 2) + " have";
}

std::string id_conflict(const Task& task, std::size_t place, const StartedTask& started) {
  return task.id_place + ": tasks[" + std::to_string(place) + "].id: " + subject_of(started) +
         " started this task as " + in_quotes(started.id) + "; the id must not change";
}

std::string definition_conflict(const std::string& at, bool exists, std::size_t place, const StartedTask& started) {
  return at + ": tasks[" + std::to_string(place) + "]: " + started.participants + have(started.participants) +
         " started this task; its definition must not " + (exists ? "change" : "be removed") + remedies;
}

std::string find_conflicts(Database& database, const Study& study, const std::string& file) {
  std::string conflicts = find_design_conflict(database, study, file);
  for (const auto& [number, started] : find_started(database)) {
    const auto place = static_cast<std::size_t>(number - 1);
    const bool exists = place < study.tasks.size();
    const bool is_same = exists && study.tasks[place].definition_hash == started.definition_hash;
    if (is_same && (started.id.empty() || started.id == study.tasks[place].id)) continue;
    if (!conflicts.empty()) conflicts += '\n';
    conflicts += is_same ? id_conflict(study.tasks[place], place, started)
                         : definition_conflict(exists ? study.tasks[place].place : file, exists, place, started);
  }
  return conflicts;
}

}  // namespace

void sync_task_definitions(Database& database, const Study& study, const std::string& file, Timestamp at) {
  const std::string conflicts = find_conflicts(database, study, file);
  if (!conflicts.empty()) throw ConfigError(conflicts);

  database.execute("UPDATE tasks SET is_current = 0 WHERE is_current = 1");
  int number = 0;
  for (const Task& task : study.tasks) {
    std::optional<ShellText> answer;
    if (!task.output_answer.empty()) answer.emplace(task.output_answer);
    database.execute(
        "INSERT INTO tasks (task_number, definition_hash, task_type, description, stdout_answer, "
        "duration_in_seconds, is_current, first_seen_at, settings, task, title) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, "
        "?8, ?9, ?10) "
        "ON CONFLICT (task_number, definition_hash) DO UPDATE SET is_current = 1, duration_in_seconds = ?6, "
        "settings = ?8, task = ?9, title = ?10",
        ++number, task.definition_hash, to_string(task.type), task.description, answer,
        recorded_seconds(duration_of(study, task)), at.wall, task.settings, task.id, task.title);
  }
}

}  // namespace tellina
