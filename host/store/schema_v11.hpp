#pragma once

namespace tellina {

/// The migration from version 10 to 11: what a study consists of besides its tasks (steps, answers, groups, outcomes),
/// ids of participants and tasks in the views, and more than one try at a task. A published migration never changes.
///
/// Tables whose constraints change are made again, in the way of https://www.sqlite.org/lang_altertable.html,
/// section 7. In task sessions of older versions, the position in the schedule was the task's number. In rows of older
/// versions, columns without a default are NULL.
inline constexpr const char* schema_v11 = R"sql(
ALTER TABLE participants ADD COLUMN label TEXT;
UPDATE participants SET label = printf('P%03d', id);
CREATE UNIQUE INDEX participants_by_label ON participants (label);
ALTER TABLE participants ADD COLUMN stage TEXT NOT NULL DEFAULT 'main';
ALTER TABLE participants ADD COLUMN is_bot INTEGER NOT NULL DEFAULT 0 CHECK (is_bot IN (0, 1));
ALTER TABLE participants ADD COLUMN arrival_number INTEGER;
ALTER TABLE participants ADD COLUMN group_name TEXT;
ALTER TABLE participants ADD COLUMN order_row INTEGER;
ALTER TABLE participants ADD COLUMN assigned_at TEXT;
ALTER TABLE participants ADD COLUMN design_hash TEXT;
ALTER TABLE participants ADD COLUMN outcome TEXT;
ALTER TABLE participants ADD COLUMN outcome_at TEXT;
ALTER TABLE participants ADD COLUMN completion_code TEXT;
ALTER TABLE participants ADD COLUMN first_seen_at TEXT;
ALTER TABLE participants ADD COLUMN last_seen_at TEXT;
ALTER TABLE participants ADD COLUMN consent_version TEXT;
ALTER TABLE participants ADD COLUMN consented_at TEXT;
ALTER TABLE participants ADD COLUMN excluded_at TEXT;
ALTER TABLE participants ADD COLUMN exclusion_reason TEXT;
ALTER TABLE participants ADD COLUMN external_id TEXT;
ALTER TABLE participants ADD COLUMN entry_parameters TEXT;
CREATE UNIQUE INDEX participants_by_external_id ON participants (stage, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX participants_by_group ON participants (stage, group_name);

ALTER TABLE tasks ADD COLUMN task TEXT;
ALTER TABLE tasks ADD COLUMN title TEXT;
UPDATE tasks SET task = 'task-' || task_number;

CREATE TABLE new_task_sessions (
  id INTEGER PRIMARY KEY,
  participant_id INTEGER NOT NULL REFERENCES participants (id),
  attempt INTEGER NOT NULL,
  task_number INTEGER NOT NULL CHECK (task_number >= 1),
  task_type TEXT NOT NULL,
  task_id INTEGER REFERENCES tasks (id),
  state TEXT NOT NULL CHECK (state IN
    ('running', 'passed', 'timed_out', 'gave_up', 'interrupted', 'reset', 'failed', 'handed_in')),
  started_at TEXT NOT NULL,
  started_at_ns INTEGER NOT NULL,
  ended_at TEXT,
  ended_at_ns INTEGER,
  reset_at TEXT,
  charged_before_ns INTEGER NOT NULL DEFAULT 0,
  segment_started_ns INTEGER,
  stream TEXT NOT NULL,
  sandbox TEXT NOT NULL,
  input_end INTEGER NOT NULL DEFAULT 0,
  output_end INTEGER NOT NULL DEFAULT 0,
  answered_offset INTEGER NOT NULL DEFAULT 0,
  command_count INTEGER NOT NULL DEFAULT 0,
  duration_in_seconds REAL,
  bytes_recorded INTEGER CHECK (bytes_recorded IN (0, 1)),
  feedback TEXT,
  input_handed_over INTEGER,
  sandbox_state BLOB,
  position INTEGER NOT NULL CHECK (position >= 1),
  try_number INTEGER NOT NULL DEFAULT 1 CHECK (try_number >= 1),
  period INTEGER,
  block TEXT,
  treatment TEXT,
  is_practice INTEGER NOT NULL DEFAULT 0 CHECK (is_practice IN (0, 1)),
  shown_at TEXT,
  shown_at_ns INTEGER,
  ended_by TEXT,
  UNIQUE (participant_id, attempt, position, try_number)
);
INSERT INTO new_task_sessions (id, participant_id, attempt, task_number, task_type, task_id, state, started_at,
  started_at_ns, ended_at, ended_at_ns, reset_at, charged_before_ns, segment_started_ns, stream, sandbox, input_end,
  output_end, answered_offset, command_count, duration_in_seconds, bytes_recorded, feedback, input_handed_over,
  sandbox_state, position)
SELECT id, participant_id, attempt, task_number, task_type, task_id, state, started_at,
  started_at_ns, ended_at, ended_at_ns, reset_at, charged_before_ns, segment_started_ns, stream, sandbox, input_end,
  output_end, answered_offset, command_count, duration_in_seconds, bytes_recorded, feedback, input_handed_over,
  sandbox_state, task_number FROM task_sessions;
DROP TABLE task_sessions;
PRAGMA legacy_alter_table = ON;
ALTER TABLE new_task_sessions RENAME TO task_sessions;
PRAGMA legacy_alter_table = OFF;
CREATE UNIQUE INDEX one_running_task_session ON task_sessions (participant_id) WHERE state = 'running';

CREATE TABLE recorded_schedule (
  participant_id INTEGER NOT NULL REFERENCES participants (id),
  attempt INTEGER NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 1),
  step_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  form TEXT,
  task_number INTEGER,
  task TEXT,
  period INTEGER,
  block TEXT,
  treatment TEXT,
  is_practice INTEGER NOT NULL CHECK (is_practice IN (0, 1)),
  at TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  PRIMARY KEY (participant_id, attempt, position)
) WITHOUT ROWID;

CREATE TABLE recorded_steps (
  participant_id INTEGER NOT NULL REFERENCES participants (id),
  attempt INTEGER NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 1),
  try_number INTEGER NOT NULL CHECK (try_number >= 1),
  shown_at TEXT NOT NULL,
  shown_at_ns INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  done_at TEXT,
  done_at_ns INTEGER,
  result TEXT,
  PRIMARY KEY (participant_id, attempt, position, try_number)
) WITHOUT ROWID;

CREATE TABLE recorded_answers (
  id INTEGER PRIMARY KEY,
  participant_id INTEGER NOT NULL REFERENCES participants (id),
  attempt INTEGER NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 1),
  try_number INTEGER NOT NULL CHECK (try_number >= 1),
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  is_final INTEGER NOT NULL CHECK (is_final IN (0, 1)),
  at TEXT NOT NULL,
  at_ns INTEGER NOT NULL
);
CREATE INDEX answers_by_step ON recorded_answers (participant_id, attempt, position);

CREATE TABLE store_keys (
  name TEXT PRIMARY KEY,
  key BLOB NOT NULL
) WITHOUT ROWID;

DROP VIEW results;
CREATE VIEW results AS
SELECT p.access_code, s.task_number, s.task_type, s.state, s.started_at, s.ended_at,
       (s.charged_before_ns + CASE
          WHEN s.segment_started_ns IS NULL THEN 0
          ELSE max(0, l.renewed_at_ns - s.segment_started_ns)
        END) / 1e9 AS time_spent_in_seconds,
       s.attempt, s.reset_at, s.id AS task_session_id, s.duration_in_seconds, s.bytes_recorded, s.feedback,
       p.label AS participant_id, p.stage, p.excluded_at IS NOT NULL AS is_excluded, t.task, t.title, p.group_name,
       s.period, s.block, s.treatment, s.position, s.try_number, s.is_practice, s.shown_at, s.started_at_ns,
       s.ended_at_ns, s.ended_by, t.definition_hash, s.command_count AS commands,
       (SELECT count(*) FROM recorded_commands c WHERE c.task_session_id = s.id AND c.exit_status <> 0) AS errors,
       ((SELECT c.at_ns FROM input_chunks c WHERE c.task_session_id = s.id ORDER BY c.stream_offset LIMIT 1)
         - s.started_at_ns) / 1e9 AS first_key_in_seconds,
       ((SELECT c.at_ns FROM input_chunks c WHERE c.task_session_id = s.id ORDER BY c.stream_offset DESC LIMIT 1)
         - s.started_at_ns) / 1e9 AS last_key_in_seconds,
       (SELECT count(*) FROM events e WHERE e.task_session_id = s.id AND e.kind = 'reset') AS resets
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
LEFT JOIN tasks t ON t.id = s.task_id
LEFT JOIN leases l ON l.participant_id = s.participant_id
ORDER BY s.id;

DROP VIEW commands;
CREATE VIEW commands AS
SELECT p.access_code, s.task_number, c.command_number, c.text, c.cwd, c.exit_status, c.started_at, c.ended_at,
       c.output, s.attempt, c.started_at_ns, c.ended_at_ns, c.output_from, c.output_to, s.id AS task_session_id,
       c.ended_by, c.shell_level, c.text_is_cut, c.output_is_cut, c.is_full_screen, c.typed,
       coalesce(c.printed, c.output) AS printed, c.is_doubtful, p.label AS participant_id, t.task, s.treatment
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN recorded_commands c ON c.task_session_id = s.id
LEFT JOIN tasks t ON t.id = s.task_id
ORDER BY s.id, c.command_number;

DROP VIEW event_log;
CREATE VIEW event_log AS
SELECT p.access_code, s.task_number, e.kind, e.detail, e.at, s.attempt, e.at_ns, e.task_session_id,
       p.label AS participant_id, t.task
FROM events e
JOIN participants p ON p.id = e.participant_id
LEFT JOIN task_sessions s ON s.id = e.task_session_id
LEFT JOIN tasks t ON t.id = s.task_id
ORDER BY e.id;

CREATE VIEW people AS
SELECT p.label AS participant_id, p.stage, p.is_bot, p.group_name, p.outcome, p.first_seen_at, p.last_seen_at,
       p.consent_version, p.consented_at,
       count(s.id) FILTER (WHERE s.state = 'passed' AND NOT s.is_practice) AS tasks_passed,
       count(s.id) FILTER (WHERE s.state <> 'running' AND NOT s.is_practice) AS tasks_ended,
       p.excluded_at, p.exclusion_reason
FROM participants p
LEFT JOIN task_sessions s ON s.participant_id = p.id AND s.attempt = p.attempt
GROUP BY p.id
ORDER BY p.id;

CREATE VIEW schedule AS
SELECT p.label AS participant_id, e.attempt, e.position, e.step_id, e.kind, e.task, e.period, e.block, e.treatment,
       e.is_practice,
       EXISTS (SELECT 1 FROM recorded_steps r WHERE r.participant_id = e.participant_id AND r.attempt = e.attempt
                 AND r.position = e.position)
       OR EXISTS (SELECT 1 FROM task_sessions s WHERE s.participant_id = e.participant_id AND s.attempt = e.attempt
                    AND s.position = e.position) AS reached
FROM recorded_schedule e
JOIN participants p ON p.id = e.participant_id
ORDER BY e.participant_id, e.attempt, e.position;

CREATE VIEW steps AS
SELECT p.label AS participant_id, r.attempt, r.position, e.step_id, e.kind, r.shown_at, r.done_at,
       (r.done_at_ns - r.shown_at_ns) / 1e9 AS seconds, r.result, r.try_number
FROM recorded_steps r
JOIN participants p ON p.id = r.participant_id
JOIN recorded_schedule e ON e.participant_id = r.participant_id AND e.attempt = r.attempt AND e.position = r.position
ORDER BY r.participant_id, r.attempt, r.position, r.try_number;

CREATE VIEW answers AS
SELECT p.label AS participant_id, a.attempt, e.step_id, e.form, a.field, a.value, a.at, a.try_number
FROM recorded_answers a
JOIN participants p ON p.id = a.participant_id
JOIN recorded_schedule e ON e.participant_id = a.participant_id AND e.attempt = a.attempt AND e.position = a.position
WHERE a.is_final
ORDER BY a.id;
)sql";

}  // namespace tellina
