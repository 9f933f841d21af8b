#include "host/store/rescore_table.hpp"

#include "host/store/opening.hpp"

namespace tellina {
namespace {

bool has_name(Database& database, const std::string& name) {
  Query row = database.query("SELECT 1 FROM rescores WHERE name = ? LIMIT 1", name);
  return row.next();
}

}  // namespace

bool has_rescores(const std::string& database, const std::string& name) {
  return has_name(*open_database_to_read(database), name);
}

void save_rescores(const std::string& path, const RescoreOrigin& origin, const std::vector<Rescore>& rescores,
                   const Clock& clock, Log& log) {
  const std::unique_ptr<Database> database = open_database(path, Opening::existing, clock, log);
  database->execute("BEGIN IMMEDIATE");
  try {
    if (has_name(*database, origin.name)) {
      throw StoreError(ErrorCode::bad_request,
                       path + ": there are already verdicts with the name \"" + origin.name + "\"");
    }
    for (const Rescore& rescore : rescores) {
      database->execute(
          "INSERT INTO rescores (name, task_session_id, config_sha256, program_version, state, command_number, "
          "in_seconds, is_approximate, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?)",
          origin.name, rescore.session, origin.config_sha256, origin.program_version, rescore.state,
          rescore.command_number, rescore.in_seconds, rescore.is_approximate, rescore.reason, clock.wall_time());
    }
  } catch (...) {
    database->roll_back();
    throw;
  }
  database->execute("COMMIT");
}

}  // namespace tellina
