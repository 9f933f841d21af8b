#include "host/store/record_appender.hpp"

#include <algorithm>

#include "host/runtime/assertion.hpp"

namespace tellina {

void insert_event(Database& database, ParticipantId participant, std::optional<TaskSessionId> session,
                  const EventRecord& event) {
  std::optional<std::string_view> detail;
  if (!event.detail.empty()) detail = event.detail;
  database.execute(
      "INSERT INTO events (participant_id, task_session_id, kind, detail, at, at_ns) VALUES (?, ?, ?, ?, ?, ?)",
      participant, session, event.kind, detail, event.at.wall, event.at.monotonic);
}

void RecordAppender::check_invariant() const {
  TELLINA_ASSERT_PROCESS(m_session != no_task_session);
  TELLINA_ASSERT_PROCESS(m_ends.input >= m_start.input);
  TELLINA_ASSERT_PROCESS(m_ends.handed_over <= m_ends.input);
  TELLINA_ASSERT_PROCESS(m_ends.output >= m_start.output);
  TELLINA_ASSERT_PROCESS(m_ends.answered >= m_start.answered);
  TELLINA_ASSERT_PROCESS(m_ends.commands >= m_start.commands);
}

void RecordAppender::append(const Record& record) {
  const InvariantScope invariant(*this);
  std::visit([this](const auto& kind) { write(kind); }, record);
}

void RecordAppender::write(const InputRecord& record) {
  if (record.bytes.empty()) return;
  check_continues("input", m_ends.input, record.offset);
  m_database.execute(
      "INSERT INTO input_chunks (task_session_id, stream_offset, at_ns, at, bytes) VALUES (?, ?, ?, ?, ?)", m_session,
      record.offset, record.at.monotonic, record.at.wall, Blob(record.bytes));
  m_ends.input += record.bytes.size();
  if (!record.masked_from) return;
  TELLINA_ASSERT_PROCESS(*record.masked_from <= record.offset);
  m_database.execute(
      "INSERT INTO recorded_masks (task_session_id, from_offset, to_offset, at, at_ns) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (task_session_id, from_offset) DO UPDATE SET to_offset = excluded.to_offset",
      m_session, *record.masked_from, m_ends.input, record.at.wall, record.at.monotonic);
}

void RecordAppender::write(const OutputRecord& record) {
  if (record.bytes.empty()) return;
  check_continues("output", m_ends.output, record.offset);
  m_database.execute(
      "INSERT INTO output_chunks (task_session_id, stream_offset, at_ns, at, bytes) VALUES (?, ?, ?, ?, ?)", m_session,
      record.offset, record.at.monotonic, record.at.wall, Blob(record.bytes));
  m_ends.output += record.bytes.size();
}

void RecordAppender::write(const GapRecord& record) {
  const char* stream = record.stream == StreamName::input ? "input" : "output";
  std::uint64_t& end = record.stream == StreamName::input ? m_ends.input : m_ends.output;
  check_continues(stream, end, record.from);
  if (record.to == record.from) return;
  if (record.to < record.from) {
    throw StoreError(ErrorCode::internal, m_database.name() + ": gap in " + stream + " of task session " +
                                              std::to_string(m_session) + " ends at " + std::to_string(record.to) +
                                              ", before its start at " + std::to_string(record.from));
  }
  m_database.execute(
      "INSERT INTO recorded_gaps (task_session_id, stream, from_offset, to_offset, reason, at, at_ns) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      m_session, stream, record.from, record.to, record.reason, record.at.wall, record.at.monotonic);
  end = record.to;
}

void RecordAppender::write(const EventRecord& record) { insert_event(m_database, m_participant, m_session, record); }

void RecordAppender::write(const CommandRecord& record) {
  // Most programs get no typed input. Then the printed text is the whole output.
  std::optional<ShellText> printed;
  if (!record.typed.empty()) printed.emplace(record.printed);
  const auto& span = record.typed_at;
  const auto prompt_wall = span ? std::optional(span->prompt.wall) : std::nullopt;
  const auto prompt_monotonic = span ? std::optional(span->prompt.monotonic) : std::nullopt;
  const auto input_from = span ? std::optional(span->from) : std::nullopt;
  const auto input_to = span ? std::optional(span->to) : std::nullopt;
  m_database.execute(
      "INSERT INTO recorded_commands (task_session_id, command_number, text, cwd, exit_status, started_at, "
      "started_at_ns, ended_at, ended_at_ns, output_from, output_to, output, ended_by, shell_level, text_is_cut, "
      "output_is_cut, is_full_screen, typed, printed, is_doubtful, prompt_at, "
      "prompt_at_ns, input_from, input_to) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      m_session, record.number, ShellText(record.text), ShellText(record.cwd), record.exit_status, record.started.wall,
      record.started.monotonic, record.ended.wall, record.ended.monotonic, record.output_from, record.output_to,
      ShellText(record.output), to_string(record.ended_by), record.shell_level, record.text_is_cut,
      record.output_is_cut, record.is_full_screen, ShellText(record.typed), printed, record.is_doubtful, prompt_wall,
      prompt_monotonic, input_from, input_to);
  // The row of a shell comes after the rows of the commands inside it.
  m_ends.commands = std::max(m_ends.commands, record.number);
}

void RecordAppender::write(const CheckRecord& record) {
  const Progress& progress = record.progress;
  std::string detail = progress.detail;
  if (progress.missing_detail != "[]") {
    detail.pop_back();
    detail += (detail == "[" ? "" : ",") + progress.missing_detail.substr(1);
  }
  m_database.execute(
      "INSERT INTO recorded_checks (task_session_id, command_number, trigger, passed, matched, missing, extra, "
      "incorrect, score, detail, too_much_output, changed_names, after_event_id, at, at_ns) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM events), ?, ?)",
      m_session, record.command_number, to_string(record.trigger), progress.passed, progress.matched, progress.missing,
      progress.extra, progress.incorrect, progress.score, detail, progress.has_too_much_output,
      progress.has_changed_names, record.at.wall, record.at.monotonic);
}

void RecordAppender::write(const StateRecord& record) {
  std::optional<bool> passed;
  std::optional<int> matched, missing, extra, incorrect;
  std::optional<double> score;
  if (record.verdict) {
    passed = record.verdict->passed;
    matched = record.verdict->matched;
    missing = record.verdict->missing;
    extra = record.verdict->extra;
    incorrect = record.verdict->incorrect;
    score = record.verdict->score;
  }
  m_database.execute(
      "INSERT INTO recorded_states (task_session_id, command_number, at, at_ns, tree_sha256, changes, changed_entries, "
      "is_truncated, raced, passed, matched, missing, extra, incorrect, score, distance) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      m_session, record.command_number, record.at.wall, record.at.monotonic, record.tree_sha256, record.changes,
      record.changed_entries, record.is_truncated, record.has_raced, passed, matched, missing, extra, incorrect, score,
      record.distance);
}

void RecordAppender::write(const AnsweredRecord& record) { m_ends.answered = std::max(m_ends.answered, record.offset); }

void RecordAppender::check_continues(const char* stream, std::uint64_t end, std::uint64_t offset) const {
  if (offset == end) return;
  throw StoreError(ErrorCode::internal, m_database.name() + ": " + stream + " of task session " +
                                            std::to_string(m_session) + " is recorded up to offset " +
                                            std::to_string(end) + ", got a record at offset " + std::to_string(offset));
}

}  // namespace tellina
