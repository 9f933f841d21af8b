#include "host/store/schema.hpp"

#include <string>

#include "host/store/schema_v1.hpp"
#include "host/store/schema_v2.hpp"
#include "host/store/schema_v3.hpp"
#include "host/store/schema_v4.hpp"
#include "host/store/schema_v5.hpp"

namespace tellina {

namespace {

/// migrations[N] leads from version N to N + 1. One that was published is never changed.
constexpr const char* migrations[] = {schema_v1, schema_v2, schema_v3, schema_v4, schema_v5};

/// Returns false where the store was up to date.
bool migrate_once(Database& database, const Clock& clock) {
  database.execute("BEGIN IMMEDIATE");
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (version >= newest_schema_version()) {
    database.roll_back();
    return false;
  }
  database.run_script(migrations[version]);
  database.execute("INSERT INTO schema_versions (version, migrated_at) VALUES (?, ?)", version + 1, clock.wall_time());
  // A pragma takes no bound values.
  database.run_script(("PRAGMA application_id = " + std::to_string(store_application_id)).c_str());
  database.run_script(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
  database.execute("COMMIT");
  return true;
}

}  // namespace

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
      // What made the migration fail says more.
    }
    throw;
  }
}

}  // namespace tellina
