#pragma once

/// Reads recorded task sessions whole.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/store/database.hpp"
#include "host/study/recorded_session.hpp"

namespace tellina {

/// Delays no writer. Threads: one at a time.
class SessionArchive {
 public:
  /// Null if the file does not exist yet. Throws StoreError if it is not a store or has another version.
  static std::unique_ptr<SessionArchive> open(const std::string& path);

  explicit SessionArchive(std::unique_ptr<Database> database) : m_database(std::move(database)) {}

  /// The sessions of a task that have ended, in the order of their starts, without those of attempts before a reset by
  /// the researcher. `task`: its id.
  std::vector<TaskSessionId> find(const std::string& task);
  RecordedSession read(TaskSessionId session);
  /// The content with this SHA-256; absent if the record does not have it.
  std::optional<Bytes> content(const std::string& sha256);

 private:
  void read_streams(RecordedSession& session);
  void read_events(RecordedSession& session);
  void read_commands(RecordedSession& session);
  void read_states(RecordedSession& session);

  std::unique_ptr<Database> m_database;
};

}  // namespace tellina
