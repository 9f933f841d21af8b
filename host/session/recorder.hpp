#pragma once

/// Hands one participant's records to the store in order and in batches, beside the keystroke's way and never in it.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/session/session_loop.hpp"
#include "host/store/store.hpp"

namespace tellina {

/// One transaction is under way at a time; what comes meanwhile makes the next one. A store that cannot write now
/// (disk full, locked) is tried again every half second with the same records, so nothing is lost and the backlog
/// grows, which stops the reading of the pty. So is one whose file is damaged, less often: a session that were dropped
/// because the next owner would fail in the same way.
///
/// Threads: the loop's.
class Recorder {
 public:
  /// `keeps_bytes`: whether what goes through the terminal is kept; else only how much it was, a few times a second, as
  /// gaps with the reason "not_recorded".
  /// `lost`: a newer owner has the participant, or the store refuses, so nothing more is written. It may not destroy
  /// the recorder.
  Recorder(SessionLoop& loop, Store& store, Log& log, Fence fence, bool keeps_bytes, std::function<void()> lost);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  bool keeps_bytes() const { return m_keeps_bytes; }
  /// `recorded` runs after each batch: the input stream is in the file up to its argument. May be empty.
  void when_recorded(std::function<void(std::uint64_t input_end)> recorded) { m_recorded = std::move(recorded); }

  /// Continues a task session that is in the file.
  void resume(TaskSessionId session, std::uint64_t input_end);
  /// Starts a task session; what was added since the last one ended belongs to it. `done` runs after the commit.
  void begin(int task_number, std::string task_type, std::string stream, std::string sandbox, Timestamp at,
             TaskSettings settings, std::function<void(const TaskSessionRow&)> done);
  void end(TaskSessionState state, std::chrono::nanoseconds charged, Timestamp at, std::function<void()> done);
  /// Any other write of the session's, in order with its records.
  void write(std::function<void(StoreTransaction&, TaskSessionId)> job, std::function<void()> done);

  void add(Record record);
  /// A piece of the terminal's streams, which begins where the last one ended.
  void add(StreamName stream, std::uint64_t offset, BytesView bytes, Timestamp at);
  /// An event that is the participant's where no task session has begun.
  void note(EventRecord event);
  /// An event that is the participant's in any case.
  void note_of_participant(EventRecord event);
  /// The task session that add() was called for will not begin.
  void discard_held();
  /// Written with the next batch.
  void set_answered(std::uint64_t offset) { m_answered = offset; }

  /// Bytes of input and output that are not in the file yet.
  std::size_t backlog() const { return m_backlog + m_held_size; }
  const Fence& fence() const { return m_fence; }
  /// Between begin() or resume() and end().
  bool has_task_session() const { return m_begun; }
  /// Filled once the store has begun it.
  std::shared_ptr<const TaskSessionId> task_session() const { return m_session; }

  void check_invariant() const;

 private:
  struct Operation {
    std::function<void(StoreTransaction&)> job;
    std::function<void()> done;
    std::shared_ptr<std::vector<Record>> records;
    std::size_t bytes = 0;
    std::size_t input_bytes = 0;  ///< those among them
    std::uint64_t input_end = 0;
    bool is_due = true;  ///< false while it holds nothing but lengths, which may wait
    /// Where among `records` a stream's bytes that are not kept are counted: of input, of output.
    std::array<std::optional<std::size_t>, 2> lengths;
  };

  void push(Operation operation);
  /// The batch that is still open, or a new one.
  Operation& open_batch();
  void add_length(const GapRecord& length);
  /// So many bytes more are in the batch and not in the file.
  void count(Operation& batch, bool is_input, std::size_t size);
  /// More than may lie in the store until others come along.
  bool much_waits() const;
  void submit();
  void completed(const std::exception_ptr& error);
  /// Tries the same operation again after so long; says why the first time.
  void wait(std::chrono::milliseconds interval, const char* what, const StoreError& failure);
  void give_up(const std::string& message);

  SessionLoop& m_loop;
  Store& m_store;
  Log& m_log;
  Fence m_fence;
  const bool m_keeps_bytes;
  std::function<void(std::uint64_t)> m_recorded;
  const std::function<void()> m_lost_callback;
  std::unique_ptr<Loop::Timer> m_retry;
  std::unique_ptr<Loop::Timer> m_lengths_timer;
  std::deque<Operation> m_operations;
  bool m_in_flight = false;
  bool m_lost = false;
  std::string m_complaint;  ///< what the record waits for, as logged; empty while it continues
  bool m_begun = false;
  std::vector<Record> m_held;  ///< came before the task session was begun
  std::size_t m_held_size = 0;
  std::shared_ptr<TaskSessionId> m_session = std::make_shared<TaskSessionId>(0);
  std::uint64_t m_answered = 0;
  std::uint64_t m_answered_written = 0;
  std::uint64_t m_input_end = 0;
  std::size_t m_backlog = 0;
  std::size_t m_input_backlog = 0;  ///< of it
};

}  // namespace tellina
