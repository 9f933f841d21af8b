#include "host/store/environment_tables.hpp"

#include <string>

#include "host/text/json.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

/// Differs for configurations that differ in anything that is kept.
std::string digest_of(const ConfigRecord& config) {
  std::string all;
  for (const std::string* part : {&config.canonical_json, &config.source_name, &config.source_text}) {
    all += sha256(*part);
  }
  for (const RecordedFile& file : config.files) all += sha256(file.name) + file.sha256;
  return sha256(all);
}

/// With sorted keys and no spaces.
std::string canonical_json_of(const EnvironmentRecord& record) {
  return JsonObject()
      .add("config", digest_of(record.config))
      .add_json("image_digests", record.image_digests)
      .add("kernel", record.kernel)
      .add_json("limits", record.limits)
      .add("machine", record.machine)
      .add_json("plugins", record.plugins)
      .add("program_commit", record.program_commit)
      .add("program_version", record.program_version)
      .add("root_digest", record.root_digest)
      .text();
}

std::optional<std::int64_t> find_config(Database& database, const ConfigRecord& config) {
  Query row = database.query("SELECT id FROM configs WHERE content_sha256 = ?", digest_of(config));
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

std::int64_t record_config(Database& database, const ConfigRecord& config, Timestamp at) {
  if (const auto found = find_config(database, config)) return *found;
  database.execute(
      "INSERT INTO configs (sha256, content_sha256, canonical_json, source_name, source_text, loaded_at) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      sha256(config.canonical_json), digest_of(config), config.canonical_json, config.source_name, config.source_text,
      at.wall);
  const std::int64_t id = database.last_inserted_id();
  for (const RecordedFile& file : config.files) {
    if (file.content) {
      database.execute("INSERT INTO blobs (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING", file.sha256,
                       Blob(*file.content));
    }
    database.execute("INSERT INTO config_files (config_id, name, sha256, size) VALUES (?, ?, ?, ?)", id, file.name,
                     file.sha256, file.size);
  }
  return id;
}

}  // namespace

EnvironmentId record_environment(Database& database, const EnvironmentRecord& record, Timestamp at) {
  const std::int64_t config = record_config(database, record.config, at);
  const std::string digest = sha256(canonical_json_of(record));
  database.execute(
      "INSERT INTO environments (sha256, program_version, program_commit, plugins, config_id, root_digest, "
      "image_digests, kernel, machine, limits, first_used_at, last_used_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (sha256) DO UPDATE SET last_used_at = excluded.last_used_at",
      digest, record.program_version, record.program_commit, record.plugins, config, record.root_digest,
      record.image_digests, record.kernel, record.machine, record.limits, at.wall, at.wall);
  Query row = database.query("SELECT id FROM environments WHERE sha256 = ?", digest);
  TELLINA_ASSERT_PROCESS(row.next());
  TELLINA_ASSERT_PROCESS(row.integer(0) != no_environment);
  return row.integer(0);
}

std::optional<EnvironmentId> find_environment(Database& database, const EnvironmentRecord& like) {
  const auto config = find_config(database, like.config);
  if (!config) return std::nullopt;
  Query row = database.query(
      "SELECT id FROM environments WHERE config_id = ? AND program_version = ? AND program_commit = ? AND plugins = ? "
      "ORDER BY last_used_at DESC, id DESC LIMIT 1",
      *config, like.program_version, like.program_commit, like.plugins);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

}  // namespace tellina
