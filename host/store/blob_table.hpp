#pragma once

#include <optional>
#include <set>
#include <string>

#include "host/store/database.hpp"

namespace tellina {

/// Contents that the record keeps once, however many rows name them: by the SHA-256 of their bytes.
///
/// Threads: the database's.
class BlobTable {
 public:
  explicit BlobTable(Database& database) : m_database(database) {}

  /// Does nothing if the table has these bytes. `sha256`: of the bytes, 64 hexadecimal digits.
  void keep(const std::string& sha256, BytesView bytes);
  std::optional<Bytes> find(const std::string& sha256);

  /// What the states of a participant's homes name.
  std::set<std::string> of_participant(ParticipantId participant) { return named_by_states(participant); }
  /// Removes those of them that no state and no configuration names.
  void remove_unnamed(const std::set<std::string>& candidates);

 private:
  /// `participant` absent: of all.
  std::set<std::string> named_by_states(std::optional<ParticipantId> participant);

  Database& m_database;
};

}  // namespace tellina
