#pragma once

namespace tellina {

/// Version 2: views for what pages report of the person. `input_times` needs SQLite's JSON functions (3.9, and in every
/// build since 3.38); the other views do not.
inline constexpr const char* schema_v2 = R"sql(
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

}  // namespace tellina
