#pragma once

namespace tellina {

/// Version 5: a task session keeps the settings that it began with, and a command tells more of itself. Rows of older
/// versions have NULL there. What a view gains stands behind its older columns.
inline constexpr const char* schema_v5 = R"sql(
ALTER TABLE task_sessions ADD COLUMN duration_in_seconds REAL;
ALTER TABLE task_sessions ADD COLUMN bytes_recorded INTEGER CHECK (bytes_recorded IN (0, 1));
ALTER TABLE task_sessions ADD COLUMN feedback TEXT;

ALTER TABLE recorded_commands ADD COLUMN ended_by TEXT;
ALTER TABLE recorded_commands ADD COLUMN shell_level INTEGER;
ALTER TABLE recorded_commands ADD COLUMN text_is_cut INTEGER CHECK (text_is_cut IN (0, 1));
ALTER TABLE recorded_commands ADD COLUMN output_is_cut INTEGER CHECK (output_is_cut IN (0, 1));
ALTER TABLE recorded_commands ADD COLUMN is_full_screen INTEGER CHECK (is_full_screen IN (0, 1));
ALTER TABLE recorded_commands ADD COLUMN typed;
ALTER TABLE recorded_commands ADD COLUMN printed;

DROP VIEW results;
CREATE VIEW results AS
SELECT p.access_code, s.task_number, s.task_type, s.state, s.started_at, s.ended_at,
       (s.charged_before_ns + CASE
          WHEN s.segment_started_ns IS NULL THEN 0
          ELSE max(0, l.renewed_at_ns - s.segment_started_ns)
        END) / 1e9 AS time_spent_in_seconds,
       s.attempt, s.reset_at, s.id AS task_session_id, s.duration_in_seconds, s.bytes_recorded, s.feedback
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
LEFT JOIN leases l ON l.participant_id = s.participant_id
ORDER BY s.id;

DROP VIEW commands;
CREATE VIEW commands AS
SELECT p.access_code, s.task_number, c.command_number, c.text, c.cwd, c.exit_status, c.started_at, c.ended_at,
       c.output, s.attempt, c.started_at_ns, c.ended_at_ns, c.output_from, c.output_to, s.id AS task_session_id,
       c.ended_by, c.shell_level, c.text_is_cut, c.output_is_cut, c.is_full_screen, c.typed,
       coalesce(c.printed, c.output) AS printed
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN recorded_commands c ON c.task_session_id = s.id
ORDER BY s.id, c.command_number;
)sql";

}  // namespace tellina
