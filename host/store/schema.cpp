#include "host/store/schema.hpp"

#include <string>

#include "host/runtime/assertion.hpp"
#include "host/store/schema_v11.hpp"
#include "host/store/schema_v12.hpp"

namespace tellina {

namespace {

/// Version 1. Readers need no SQLite newer than 3.8.2 (tables without rowid); docs/data.md explains each column.
///
/// The primary key keeps chunks in stream order. So one scan reads a whole stream, and a stream cannot have two chunks
/// at one offset.
constexpr const char* schema_v1 = R"sql(
CREATE TABLE schema_versions (
  version INTEGER PRIMARY KEY,
  migrated_at TEXT NOT NULL
);

CREATE TABLE participants (
  id INTEGER PRIMARY KEY,
  access_code TEXT NOT NULL UNIQUE,
  listed_in_config INTEGER NOT NULL DEFAULT 0 CHECK (listed_in_config IN (0, 1)),
  added_by_command INTEGER NOT NULL DEFAULT 0 CHECK (added_by_command IN (0, 1)),
  added_at TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 1,
  state_number INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE logins (
  token_hash TEXT PRIMARY KEY,
  participant_id INTEGER NOT NULL REFERENCES participants (id),
  logged_in_at TEXT NOT NULL,
  logged_in_at_ns INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tasks (
  id INTEGER PRIMARY KEY,
  task_number INTEGER NOT NULL CHECK (task_number >= 1),
  definition_hash TEXT NOT NULL,
  task_type TEXT NOT NULL CHECK (task_type IN ('stdout', 'filesystem')),
  description TEXT NOT NULL,
  stdout_answer,
  duration_in_seconds REAL NOT NULL,
  is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
  first_seen_at TEXT NOT NULL,
  UNIQUE (task_number, definition_hash)
);

CREATE TABLE workers (
  id TEXT PRIMARY KEY,
  process_id INTEGER NOT NULL,
  process_start_ticks INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  registered_at_ns INTEGER NOT NULL,
  retired_at TEXT
) WITHOUT ROWID;

CREATE TABLE leases (
  participant_id INTEGER PRIMARY KEY REFERENCES participants (id),
  worker_id TEXT REFERENCES workers (id),
  previous_worker_id TEXT,
  fence INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  renewed_at TEXT NOT NULL,
  renewed_at_ns INTEGER NOT NULL
);
CREATE INDEX leases_by_worker ON leases (worker_id);

CREATE TABLE task_sessions (
  id INTEGER PRIMARY KEY,
  participant_id INTEGER NOT NULL REFERENCES participants (id),
  attempt INTEGER NOT NULL,
  task_number INTEGER NOT NULL CHECK (task_number >= 1),
  task_type TEXT NOT NULL,
  task_id INTEGER REFERENCES tasks (id),
  state TEXT NOT NULL CHECK (state IN ('running', 'passed', 'timed_out', 'gave_up', 'reset')),
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
  UNIQUE (participant_id, attempt, task_number)
);
CREATE UNIQUE INDEX one_running_task_session ON task_sessions (participant_id) WHERE state = 'running';

CREATE TABLE input_chunks (
  task_session_id INTEGER NOT NULL REFERENCES task_sessions (id),
  stream_offset INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  at TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (task_session_id, stream_offset)
) WITHOUT ROWID;

CREATE TABLE output_chunks (
  task_session_id INTEGER NOT NULL REFERENCES task_sessions (id),
  stream_offset INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  at TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (task_session_id, stream_offset)
) WITHOUT ROWID;

CREATE TABLE recorded_gaps (
  task_session_id INTEGER NOT NULL REFERENCES task_sessions (id),
  stream TEXT NOT NULL CHECK (stream IN ('input', 'output')),
  from_offset INTEGER NOT NULL,
  to_offset INTEGER NOT NULL CHECK (to_offset > from_offset),
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  PRIMARY KEY (task_session_id, stream, from_offset)
) WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  participant_id INTEGER NOT NULL REFERENCES participants (id),
  task_session_id INTEGER REFERENCES task_sessions (id),
  kind TEXT NOT NULL,
  detail TEXT,
  at TEXT NOT NULL,
  at_ns INTEGER NOT NULL
);
CREATE INDEX events_by_task_session ON events (task_session_id);

CREATE TABLE recorded_commands (
  id INTEGER PRIMARY KEY,
  task_session_id INTEGER NOT NULL REFERENCES task_sessions (id),
  command_number INTEGER NOT NULL CHECK (command_number >= 1),
  text,
  cwd,
  exit_status INTEGER,
  started_at TEXT NOT NULL,
  started_at_ns INTEGER NOT NULL,
  ended_at TEXT NOT NULL,
  ended_at_ns INTEGER NOT NULL,
  output_from INTEGER NOT NULL,
  output_to INTEGER NOT NULL,
  output,
  UNIQUE (task_session_id, command_number)
);

CREATE VIEW results AS
SELECT p.access_code, s.task_number, s.task_type, s.state, s.started_at, s.ended_at,
       (s.charged_before_ns + CASE
          WHEN s.segment_started_ns IS NULL THEN 0
          ELSE max(0, l.renewed_at_ns - s.segment_started_ns)
        END) / 1e9 AS time_spent_in_seconds,
       s.attempt, s.reset_at, s.id AS task_session_id
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
LEFT JOIN leases l ON l.participant_id = s.participant_id
ORDER BY s.id;

CREATE VIEW commands AS
SELECT p.access_code, s.task_number, c.command_number, c.text, c.cwd, c.exit_status, c.started_at, c.ended_at,
       c.output, s.attempt, c.started_at_ns, c.ended_at_ns, c.output_from, c.output_to, s.id AS task_session_id
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN recorded_commands c ON c.task_session_id = s.id
ORDER BY s.id, c.command_number;

CREATE VIEW input_bytes AS
SELECT p.access_code, s.task_number, c.stream_offset, c.bytes, c.at, s.attempt, c.at_ns, s.id AS task_session_id
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN input_chunks c ON c.task_session_id = s.id
ORDER BY c.task_session_id, c.stream_offset;

CREATE VIEW output_bytes AS
SELECT p.access_code, s.task_number, c.stream_offset, c.bytes, c.at, s.attempt, c.at_ns, s.id AS task_session_id
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN output_chunks c ON c.task_session_id = s.id
ORDER BY c.task_session_id, c.stream_offset;

CREATE VIEW gaps AS
SELECT p.access_code, s.task_number, g.stream, g.from_offset, g.to_offset, g.reason, s.attempt, g.at,
       s.id AS task_session_id
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN recorded_gaps g ON g.task_session_id = s.id
ORDER BY s.id, g.stream, g.from_offset;
)sql";

/// Version 2: views for the observations that pages report. `input_times` needs SQLite's JSON functions (available
/// since 3.9, and in every build since 3.38); the other views do not.
constexpr const char* schema_v2 = R"sql(
CREATE INDEX events_by_participant ON events (participant_id, kind);

CREATE VIEW event_log AS
SELECT p.access_code, s.task_number, e.kind, e.detail, e.at, s.attempt, e.at_ns, e.task_session_id
FROM events e
JOIN participants p ON p.id = e.participant_id
LEFT JOIN task_sessions s ON s.id = e.task_session_id
ORDER BY e.id;

CREATE VIEW input_times AS
SELECT p.access_code, s.task_number, json_extract(t.value, '$[0]') AS stream_offset,
       json_extract(t.value, '$[1]') AS typed_at_in_milliseconds, e.at, s.attempt, e.at_ns, s.id AS task_session_id
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN events e ON e.participant_id = s.participant_id AND e.kind = 'input_times'
  AND json_extract(e.detail, '$.stream') = s.stream
JOIN json_each(e.detail, '$.times') t
ORDER BY s.id, stream_offset, e.id;
)sql";

/// Version 3: a task can end as `interrupted`. SQLite cannot alter a constraint, and too many other tables refer to
/// this one to replace it. A constraint that allows more values changes only its own text in the file, so this edits
/// that text. Creating and dropping a table then raises the schema cookie, which makes other connections read the text
/// again.
constexpr const char* schema_v3 = R"sql(
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(sql, '''gave_up'', ''reset''', '''gave_up'', ''interrupted'', ''reset''')
WHERE type = 'table' AND name = 'task_sessions';
PRAGMA writable_schema = RESET;
CREATE TABLE schema_cookie (raised TEXT) STRICT;
DROP TABLE schema_cookie;
)sql";

/// Version 4: a lease that its owner returned shows that everything the owner received is recorded.
constexpr const char* schema_v4 = R"sql(
ALTER TABLE leases ADD COLUMN released_in_order INTEGER NOT NULL DEFAULT 0 CHECK (released_in_order IN (0, 1));
)sql";

/// Version 5: a task session keeps the settings with which it began, and a command has more columns. In rows of older
/// versions these are NULL. A view gets its new columns after its older ones.
constexpr const char* schema_v5 = R"sql(
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

/// Version 6: how far a task session's input was handed to a shell. In rows of older versions, NULL: all of it.
constexpr const char* schema_v6 = R"sql(
ALTER TABLE task_sessions ADD COLUMN input_handed_over INTEGER;
)sql";

/// Version 7: whether a command's marks disagree with what was typed. In rows of older versions, NULL.
constexpr const char* schema_v7 = R"sql(
ALTER TABLE recorded_commands ADD COLUMN is_doubtful INTEGER CHECK (is_doubtful IN (0, 1));

DROP VIEW commands;
CREATE VIEW commands AS
SELECT p.access_code, s.task_number, c.command_number, c.text, c.cwd, c.exit_status, c.started_at, c.ended_at,
       c.output, s.attempt, c.started_at_ns, c.ended_at_ns, c.output_from, c.output_to, s.id AS task_session_id,
       c.ended_by, c.shell_level, c.text_is_cut, c.output_is_cut, c.is_full_screen, c.typed,
       coalesce(c.printed, c.output) AS printed, c.is_doubtful
FROM task_sessions s
JOIN participants p ON p.id = s.participant_id
JOIN recorded_commands c ON c.task_session_id = s.id
ORDER BY s.id, c.command_number;
)sql";

/// Version 8: which backend runs a worker's sandboxes, which worker removes them after its death (sweeper_id), and when
/// that was done. Older versions removed them at once and recorded nothing.
constexpr const char* schema_v8 = R"sql(
ALTER TABLE workers ADD COLUMN sandbox_plugin TEXT;
ALTER TABLE workers ADD COLUMN sandbox_settings TEXT;
ALTER TABLE workers ADD COLUMN sweeper_id TEXT;
ALTER TABLE workers ADD COLUMN sandboxes_removed_at TEXT;
UPDATE workers SET sandboxes_removed_at = retired_at;
)sql";

/// Version 9: what the backend of a task session's sandbox wants to know in order to adopt it. In rows of older
/// versions, NULL: nothing.
constexpr const char* schema_v9 = R"sql(
ALTER TABLE task_sessions ADD COLUMN sandbox_state BLOB;
)sql";

/// Version 10: more types of tasks, and a task's settings; in rows of older versions, NULL. A CHECK cannot change, so
/// the table is made again, in the way of https://www.sqlite.org/lang_altertable.html, section 7.
constexpr const char* schema_v10 = R"sql(
CREATE TABLE new_tasks (
  id INTEGER PRIMARY KEY,
  task_number INTEGER NOT NULL CHECK (task_number >= 1),
  definition_hash TEXT NOT NULL,
  task_type TEXT NOT NULL CHECK (task_type IN ('stdout', 'filesystem', 'file_search', 'command')),
  description TEXT NOT NULL,
  stdout_answer,
  duration_in_seconds REAL NOT NULL,
  is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
  first_seen_at TEXT NOT NULL,
  settings TEXT,
  UNIQUE (task_number, definition_hash)
);
INSERT INTO new_tasks SELECT id, task_number, definition_hash, task_type, description, stdout_answer,
  duration_in_seconds, is_current, first_seen_at, NULL FROM tasks;
DROP TABLE tasks;
PRAGMA legacy_alter_table = ON;
ALTER TABLE new_tasks RENAME TO tasks;
PRAGMA legacy_alter_table = OFF;
)sql";

/// migrations[N] leads from version N to N + 1. A published migration never changes.
constexpr const char* migrations[] = {schema_v1, schema_v2, schema_v3, schema_v4,  schema_v5,  schema_v6,
                                      schema_v7, schema_v8, schema_v9, schema_v10, schema_v11, schema_v12};

/// Returns false if the store was up to date.
bool migrate_once(Database& database, const Clock& clock) {
  database.execute("BEGIN IMMEDIATE");
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (version >= newest_schema_version()) {
    database.roll_back();
    return false;
  }
  TELLINA_ASSERT_PROCESS(version >= 0 && database.in_transaction());
  database.run_script(migrations[version]);
  database.execute("INSERT INTO schema_versions (version, migrated_at) VALUES (?, ?)", version + 1, clock.wall_time());
  // PRAGMA statements cannot bind values.
  database.run_script(("PRAGMA application_id = " + std::to_string(store_application_id)).c_str());
  database.run_script(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
  database.execute("COMMIT");
  TELLINA_ASSERT_PROCESS(!database.in_transaction());
  return true;
}

}  // namespace

const char* migration_script(int version) {
  TELLINA_ASSERT_PROCESS(version >= 0 && version < newest_schema_version());
  return migrations[version];
}

int newest_schema_version() { return static_cast<int>(std::size(migrations)); }

void migrate(Database& database, const Clock& clock) {
  if (database.integer("PRAGMA user_version") >= newest_schema_version()) return;
  try {
    while (migrate_once(database, clock)) {
    }
  } catch (...) {
    try {
      database.roll_back();
    } catch (const StoreError&) {
      // The error of the migration itself says more.
    }
    throw;
  }
}

}  // namespace tellina
