#include "host/store/blob_table.hpp"

#include "host/runtime/assertion.hpp"

namespace tellina {

void BlobTable::keep(const std::string& sha256, BytesView bytes) {
  TELLINA_ASSERT_PROCESS(sha256.size() == 64);
  // Looks first, because SQLite would copy the bytes before it finds the row.
  m_database.execute(
      "INSERT INTO blobs (sha256, bytes) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE sha256 = ?1)",
      sha256, Blob(bytes));
}

std::optional<Bytes> BlobTable::find(const std::string& sha256) {
  Query row = m_database.query("SELECT bytes FROM blobs WHERE sha256 = ?", sha256);
  if (!row.next()) return std::nullopt;
  return row.text(0);
}

void BlobTable::remove_unnamed(const std::set<std::string>& candidates) {
  if (candidates.empty()) return;
  std::set<std::string> named = named_by_states(std::nullopt);
  {
    Query row = m_database.query("SELECT sha256 FROM config_files");
    while (row.next()) named.insert(row.text(0));
  }
  for (const std::string& sha256 : candidates) {
    if (!named.contains(sha256)) m_database.execute("DELETE FROM blobs WHERE sha256 = ?", sha256);
  }
}

std::set<std::string> BlobTable::named_by_states(std::optional<ParticipantId> participant) {
  // A listing has a JSON array on each line.
  Query row = m_database.query(
      "WITH states AS (SELECT s.tree_sha256, s.changes FROM recorded_states s "
      "JOIN task_sessions t ON t.id = s.task_session_id WHERE ?1 IS NULL OR t.participant_id = ?1), "
      "listings AS (SELECT tree_sha256 FROM states WHERE changes IS NULL) "
      "SELECT tree_sha256 FROM listings "
      "UNION SELECT v.value ->> 6 FROM states, json_each(states.changes) v "
      "UNION SELECT v.value ->> 6 FROM listings JOIN blobs b ON b.sha256 = listings.tree_sha256, "
      "json_each('[' || replace(rtrim(CAST(b.bytes AS TEXT), char(10)), char(10), ',') || ']') v",
      participant);
  std::set<std::string> named;
  while (row.next()) named.insert(row.text(0));
  return named;
}

}  // namespace tellina
