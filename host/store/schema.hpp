#pragma once

/// The tables and views, and the way from an older version of them to this one.

#include "host/store/database.hpp"

namespace tellina {

/// PRAGMA application_id of every store: "Tell" in ASCII.
inline constexpr std::int64_t store_application_id = 0x54656c6c;

/// PRAGMA user_version that this program writes.
int newest_schema_version();

/// The script that leads from `version` to the next one. One that was published is never changed.
const char* migration_script(int version);

/// Brings the tables up to date, each migration in one transaction. Several processes may do so at once. Throws
/// StoreError; then the file is as after the last migration that went through.
void migrate(Database& database, const Clock& clock);

}  // namespace tellina
