#pragma once

/// The tables and views, and the migrations from older versions.

#include "host/store/database.hpp"

namespace tellina {

/// The PRAGMA application_id of every store: "Tell" in ASCII.
inline constexpr std::int64_t store_application_id = 0x54656c6c;

/// The PRAGMA user_version that this program writes.
int newest_schema_version();

/// The script that migrates from `version` to the next one. A published script never changes.
const char* migration_script(int version);

/// Brings the tables up to date, each migration in one transaction. Several processes may call this at once. Throws
/// StoreError; then the file has the version of the last migration that succeeded.
void migrate(Database& database, const Clock& clock);

}  // namespace tellina
