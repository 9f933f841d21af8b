#pragma once

namespace tellina {

/// The migration from version 11 to 12: in which environment a task session ran, when the prompt of a command came and
/// which input belongs to it, every changed result of a check, the files after each command, and secret input that is
/// masked; and which browser joined through an open link. A published migration never changes.
///
/// In rows of older versions, new columns are NULL. The checks of older versions are events of the kind 'check'.
inline constexpr const char* schema_v12 = R"sql(
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE configs (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL,
  content_sha256 TEXT NOT NULL UNIQUE,
  canonical_json TEXT NOT NULL,
  source_name TEXT NOT NULL,
  source_text NOT NULL,
  loaded_at TEXT NOT NULL
);

CREATE TABLE config_files (
  config_id INTEGER NOT NULL REFERENCES configs (id),
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (config_id, name)
) WITHOUT ROWID;

CREATE TABLE environments (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  program_version TEXT NOT NULL,
  program_commit TEXT NOT NULL,
  plugins TEXT NOT NULL,
  config_id INTEGER NOT NULL REFERENCES configs (id),
  root_digest TEXT NOT NULL,
  image_digests TEXT NOT NULL,
  kernel TEXT NOT NULL,
  machine TEXT NOT NULL,
  limits TEXT NOT NULL,
  first_used_at TEXT NOT NULL,
  last_used_at TEXT NOT NULL
);

ALTER TABLE participants ADD COLUMN browser_hash TEXT;

ALTER TABLE task_sessions ADD COLUMN environment_id INTEGER REFERENCES environments (id);
ALTER TABLE task_sessions ADD COLUMN boot_id TEXT;
ALTER TABLE task_sessions ADD COLUMN reveal TEXT;
ALTER TABLE task_sessions ADD COLUMN hand_in TEXT;

ALTER TABLE recorded_commands ADD COLUMN prompt_at TEXT;
ALTER TABLE recorded_commands ADD COLUMN prompt_at_ns INTEGER;
ALTER TABLE recorded_commands ADD COLUMN input_from INTEGER;
ALTER TABLE recorded_commands ADD COLUMN input_to INTEGER;

CREATE TABLE recorded_checks (
  id INTEGER PRIMARY KEY,
  task_session_id INTEGER NOT NULL REFERENCES task_sessions (id),
  command_number INTEGER NOT NULL CHECK (command_number >= 0),
  trigger TEXT NOT NULL CHECK (trigger IN ('command', 'output', 'timer', 'hand_in', 'deadline')),
  passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
  matched INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  extra INTEGER NOT NULL,
  incorrect INTEGER NOT NULL,
  score REAL,
  detail TEXT,
  too_much_output INTEGER NOT NULL DEFAULT 0 CHECK (too_much_output IN (0, 1)),
  changed_names INTEGER NOT NULL DEFAULT 0 CHECK (changed_names IN (0, 1)),
  after_event_id INTEGER NOT NULL,
  at TEXT NOT NULL,
  at_ns INTEGER NOT NULL
);
CREATE INDEX checks_by_command ON recorded_checks (task_session_id, command_number);

CREATE TABLE recorded_states (
  id INTEGER PRIMARY KEY,
  task_session_id INTEGER NOT NULL REFERENCES task_sessions (id),
  command_number INTEGER NOT NULL CHECK (command_number >= 0),
  at TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  tree_sha256 TEXT NOT NULL,
  changes TEXT,
  changed_entries INTEGER NOT NULL,
  is_truncated INTEGER NOT NULL CHECK (is_truncated IN (0, 1)),
  raced INTEGER NOT NULL CHECK (raced IN (0, 1)),
  passed INTEGER CHECK (passed IN (0, 1)),
  matched INTEGER,
  missing INTEGER,
  extra INTEGER,
  incorrect INTEGER,
  score REAL,
  distance REAL
);
CREATE INDEX states_by_command ON recorded_states (task_session_id, command_number);

CREATE TABLE recorded_masks (
  task_session_id INTEGER NOT NULL REFERENCES task_sessions (id),
  from_offset INTEGER NOT NULL,
  to_offset INTEGER NOT NULL CHECK (to_offset > from_offset),
  at TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  PRIMARY KEY (task_session_id, from_offset)
) WITHOUT ROWID;

CREATE TABLE rescores (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  task_session_id INTEGER NOT NULL REFERENCES task_sessions (id),
  config_sha256 TEXT NOT NULL,
  program_version TEXT NOT NULL,
  state TEXT NOT NULL,
  command_number INTEGER,
  in_seconds REAL,
  is_approximate INTEGER NOT NULL CHECK (is_approximate IN (0, 1)),
  reason TEXT,
  at TEXT NOT NULL,
  UNIQUE (name, task_session_id)
);

CREATE VIEW masked_input AS
SELECT p.label AS participant_id, t.task, s.id AS task_session_id, m.from_offset, m.to_offset, m.at
FROM recorded_masks m
JOIN task_sessions s ON s.id = m.task_session_id
JOIN participants p ON p.id = s.participant_id
LEFT JOIN tasks t ON t.id = s.task_id
ORDER BY m.task_session_id, m.from_offset;

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
       (SELECT count(*) FROM events e WHERE e.task_session_id = s.id AND e.kind = 'reset') AS resets,
       s.reveal, s.hand_in, s.boot_id, s.environment_id,
       ((SELECT c.at_ns FROM input_chunks c WHERE c.task_session_id = s.id ORDER BY c.stream_offset LIMIT 1)
         - s.shown_at_ns) / 1e9 AS reading_in_seconds,
       (SELECT coalesce(sum(coalesce(
                 (SELECT json_extract(e2.detail, '$.bytes') FROM events e2
                  WHERE e2.task_session_id = s.id AND e2.kind = 'paste_stopped'
                    AND json_extract(e2.detail, '$.input_offset') = json_extract(e.detail, '$.input_offset')),
                 json_extract(e.detail, '$.bytes'))), 0)
        FROM events e WHERE e.task_session_id = s.id AND e.kind = 'paste') AS pasted_bytes,
       (SELECT coalesce(sum(coalesce(
                 (SELECT e2.at_ns FROM events e2
                  WHERE e2.task_session_id = s.id AND e2.kind = 'attached' AND e2.id > e.id ORDER BY e2.id LIMIT 1),
                 s.ended_at_ns, e.at_ns) - e.at_ns), 0) / 1e9
        FROM events e WHERE e.task_session_id = s.id AND e.kind = 'detached') AS disconnected_in_seconds,
       (SELECT coalesce(sum(coalesce(
                 (SELECT e2.at_ns FROM events e2
                  WHERE e2.task_session_id = s.id AND e2.id > e.id
                    AND (e2.kind = 'detached' OR e2.kind = 'focus') ORDER BY e2.id LIMIT 1),
                 s.ended_at_ns, e.at_ns) - e.at_ns), 0) / 1e9
        FROM events e WHERE e.task_session_id = s.id AND e.kind = 'focus'
          AND json_extract(e.detail, '$.focused') = 0) AS unfocused_in_seconds,
       r.milliseconds AS median_round_trip_in_milliseconds
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
LEFT JOIN tasks t ON t.id = s.task_id
LEFT JOIN leases l ON l.participant_id = s.participant_id
LEFT JOIN (
  SELECT task_session_id, milliseconds
  FROM (SELECT e.task_session_id, json_extract(e.detail, '$.milliseconds') AS milliseconds,
               row_number() OVER (PARTITION BY e.task_session_id
                                  ORDER BY json_extract(e.detail, '$.milliseconds')) AS place,
               count(*) OVER (PARTITION BY e.task_session_id) AS places
        FROM events e WHERE e.kind = 'round_trip' AND e.task_session_id IS NOT NULL)
  WHERE place = (places + 1) / 2
) r ON r.task_session_id = s.id
ORDER BY s.id;

DROP VIEW commands;
CREATE VIEW commands AS
SELECT p.access_code, s.task_number, c.command_number, c.text, c.cwd, c.exit_status, c.started_at, c.ended_at,
       c.output, s.attempt, c.started_at_ns, c.ended_at_ns, c.output_from, c.output_to, s.id AS task_session_id,
       c.ended_by, c.shell_level, c.text_is_cut, c.output_is_cut, c.is_full_screen, c.typed,
       coalesce(c.printed, c.output) AS printed, c.is_doubtful, p.label AS participant_id, t.task, s.treatment,
       c.prompt_at_ns, c.input_from, c.input_to, (c.started_at_ns - c.prompt_at_ns) / 1e9 AS compose_in_seconds,
       (c.ended_at_ns - c.started_at_ns) / 1e9 AS run_in_seconds,
       CASE WHEN c.input_from IS NULL THEN NULL ELSE (
         SELECT count(*) FROM input_chunks i WHERE i.task_session_id = s.id AND i.stream_offset >= c.input_from
           AND i.stream_offset < c.input_to AND NOT EXISTS (
             SELECT 1 FROM events e WHERE e.task_session_id = s.id AND e.kind = 'paste'
               AND json_extract(e.detail, '$.input_offset') <= i.stream_offset
               AND json_extract(e.detail, '$.input_offset') + json_extract(e.detail, '$.bytes') > i.stream_offset))
       END AS keys,
       CASE WHEN c.input_from IS NULL THEN NULL ELSE EXISTS (
         SELECT 1 FROM events e WHERE e.task_session_id = s.id AND e.kind = 'paste'
           AND json_extract(e.detail, '$.input_offset') < c.input_to
           AND json_extract(e.detail, '$.input_offset') + json_extract(e.detail, '$.bytes') > c.input_from)
       END AS is_pasted,
       (SELECT k.missing FROM recorded_checks k WHERE k.task_session_id = s.id AND k.command_number <= c.command_number
        ORDER BY k.id DESC LIMIT 1) AS missing_after,
       (SELECT k.extra FROM recorded_checks k WHERE k.task_session_id = s.id AND k.command_number <= c.command_number
        ORDER BY k.id DESC LIMIT 1) AS extra_after,
       (SELECT k.incorrect FROM recorded_checks k
        WHERE k.task_session_id = s.id AND k.command_number <= c.command_number
        ORDER BY k.id DESC LIMIT 1) AS incorrect_after
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN recorded_commands c ON c.task_session_id = s.id
LEFT JOIN tasks t ON t.id = s.task_id
ORDER BY s.id, c.command_number;

CREATE VIEW checks AS
SELECT p.label AS participant_id, t.task, s.id AS task_session_id, c.command_number, c.trigger,
       max(0, c.at_ns - s.started_at_ns) / 1e9 AS in_seconds, c.passed, c.matched, c.missing, c.extra, c.incorrect,
       c.score, c.detail
FROM recorded_checks c
JOIN task_sessions s ON s.id = c.task_session_id
JOIN participants p ON p.id = s.participant_id
LEFT JOIN tasks t ON t.id = s.task_id
ORDER BY c.id;

CREATE VIEW progress AS
SELECT p.label AS participant_id, t.task, s.id AS task_session_id, p.stage, s.treatment, c.command_number,
       max(0, c.at_ns - s.started_at_ns) / 1e9 AS in_seconds, c.matched, c.missing, c.extra, c.incorrect, c.score,
       c.distance,
       c.distance / (SELECT nullif(f.distance, 0) FROM recorded_states f
                     WHERE f.task_session_id = s.id AND f.command_number = 0 ORDER BY f.id LIMIT 1) AS share_left,
       c.passed, c.tree_sha256, c.changed_entries
FROM recorded_states c
JOIN task_sessions s ON s.id = c.task_session_id
JOIN participants p ON p.id = s.participant_id
LEFT JOIN tasks t ON t.id = s.task_id
ORDER BY c.task_session_id, c.id;

DROP VIEW event_log;
CREATE VIEW event_log AS
SELECT p.access_code, s.task_number, e.kind, e.detail, e.at, s.attempt, e.at_ns, e.task_session_id,
       p.label AS participant_id, t.task
FROM (
  SELECT participant_id, task_session_id, kind, detail, at, at_ns, id AS event_id, 0 AS check_id FROM events
  UNION ALL
  SELECT s.participant_id, c.task_session_id, 'check',
         '{"passed":' || iif(c.passed, 'true', 'false') || ',"matched":' || c.matched || ',"missing":' || c.missing
           || ',"extra":' || c.extra || ',"incorrect":' || c.incorrect
           || iif(c.score IS NULL, '', ',"score":' || c.score)
           || iif(c.too_much_output, ',"too_much_output":true', '')
           || iif(c.changed_names, ',"changed_names":true', '') || '}',
         c.at, c.at_ns, c.after_event_id, c.id
  FROM recorded_checks c
  JOIN task_sessions s ON s.id = c.task_session_id
) e
JOIN participants p ON p.id = e.participant_id
LEFT JOIN task_sessions s ON s.id = e.task_session_id
LEFT JOIN tasks t ON t.id = s.task_id
ORDER BY e.event_id, e.check_id;

CREATE VIEW keys AS
SELECT p.label AS participant_id, t.task, s.id AS task_session_id, i.stream_offset, i.bytes,
       CASE
         WHEN EXISTS (SELECT 1 FROM events e WHERE e.task_session_id = s.id AND e.kind = 'paste'
                        AND json_extract(e.detail, '$.input_offset') <= i.stream_offset
                        AND json_extract(e.detail, '$.input_offset') + json_extract(e.detail, '$.bytes')
                          > i.stream_offset) THEN 'paste'
         WHEN k.typed_at IS NULL AND (
           substr(i.bytes, 1, 2) IN (x'1b5d', x'1b50')
           OR substr(i.bytes, 1, 2) = x'1b5b'
             AND substr(i.bytes, -1) IN (x'52', x'63', x'6e', x'79', x'74', x'49', x'4f'))
           THEN 'terminal'
         ELSE 'key'
       END AS kind,
       EXISTS (SELECT 1 FROM recorded_masks m WHERE m.task_session_id = s.id AND m.from_offset <= i.stream_offset
                 AND m.to_offset > i.stream_offset) AS is_masked,
       k.typed_at AS typed_at_in_milliseconds,
       k.typed_at - lag(k.typed_at) OVER (PARTITION BY s.id ORDER BY i.stream_offset) AS gap_in_milliseconds,
       i.at_ns AS arrived_at_ns,
       (SELECT max(c.command_number) FROM recorded_commands c
        WHERE c.task_session_id = s.id AND c.input_from <= i.stream_offset) AS command_number
FROM input_chunks i
JOIN task_sessions s ON s.id = i.task_session_id
JOIN participants p ON p.id = s.participant_id
LEFT JOIN tasks t ON t.id = s.task_id
LEFT JOIN (
  SELECT e.participant_id, json_extract(e.detail, '$.stream') AS stream, json_extract(v.value, '$[0]') AS stream_offset,
         min(json_extract(v.value, '$[1]')) AS typed_at
  FROM events e JOIN json_each(e.detail, '$.times') v
  WHERE e.kind = 'input_times'
  GROUP BY 1, 2, 3
) k ON k.participant_id = s.participant_id AND k.stream = s.stream AND k.stream_offset = i.stream_offset
ORDER BY i.task_session_id, i.stream_offset;
)sql";

}  // namespace tellina
