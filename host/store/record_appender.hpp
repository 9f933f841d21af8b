#pragma once

#include "host/store/database.hpp"
#include "host/study/records.hpp"

namespace tellina {

/// The recorded ends of a task session's streams.
class StreamEnds {
 public:
  StreamEnds() = default;
  bool operator==(const StreamEnds&) const = default;
  std::uint64_t input = 0;
  std::uint64_t handed_over = 0;  ///< end of the input that a shell has received
  std::uint64_t output = 0;
  std::uint64_t answered = 0;
  std::int64_t commands = 0;
};

/// `session`: absent for an event outside of any task.
void insert_event(Database& database, ParticipantId participant, std::optional<TaskSessionId> session,
                  const EventRecord& event);

/// Writes the records of one running task session, each kind into its table. Throws StoreError for a record that does
/// not continue its stream. Threads: the thread of the transaction.
class RecordAppender {
 public:
  RecordAppender(Database& database, ParticipantId participant, TaskSessionId session, StreamEnds ends)
      : m_database(database), m_participant(participant), m_session(session), m_start(ends), m_ends(ends) {}
  const StreamEnds& ends() const { return m_ends; }

  void append(const Record& record);
  /// The recorded ends never go back.
  void check_invariant() const;

 private:
  void write(const InputRecord& record);
  void write(const OutputRecord& record);
  void write(const GapRecord& record);
  void write(const EventRecord& record);
  void write(const CommandRecord& record);
  void write(const CheckRecord& record);
  void write(const StateRecord& record);
  void write(const AnsweredRecord& record);
  void check_continues(const char* stream, std::uint64_t end, std::uint64_t offset) const;

  Database& m_database;
  const ParticipantId m_participant;
  const TaskSessionId m_session;
  const StreamEnds m_start;
  StreamEnds m_ends;
};

}  // namespace tellina
