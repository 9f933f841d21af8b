#pragma once

namespace tellina {

/// Version 3: a task can end as `interrupted`. A constraint that allows more changes nothing in the file but its own
/// text, so that is what is changed: SQLite cannot alter it, and the table has too many others that refer to it. A
/// table that is made and dropped raises the schema's cookie, at which other connections read the text anew.
inline constexpr const char* schema_v3 = R"sql(
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(sql, '''gave_up'', ''reset''', '''gave_up'', ''interrupted'', ''reset''')
WHERE type = 'table' AND name = 'task_sessions';
PRAGMA writable_schema = RESET;
CREATE TABLE schema_cookie (raised TEXT) STRICT;
DROP TABLE schema_cookie;
)sql";

}  // namespace tellina
