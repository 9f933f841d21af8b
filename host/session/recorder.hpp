#pragma once

/// Passes one participant's records to the store, in order and in batches, without delaying keystrokes.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/runtime/limited_log.hpp"
#include "host/session/session_loop.hpp"
#include "host/store/store.hpp"

namespace tellina {

/// At most one transaction is pending; records that arrive meanwhile form the next one. If the store cannot write now
/// (disk full, locked), the recorder retries the same records every half second. Nothing is lost, and the growing
/// backlog stops reading from the pty. If the database is damaged, it retries less often. It does not drop the session,
/// because the next owner would fail in the same way.
///
/// Threads: the loop's.
class Recorder {
 public:
  /// `keeps_bytes`: whether to keep the terminal's bytes. If not, only their number is recorded, a few times a second,
  /// as gaps with the reason "not_recorded". `lost`: the participant has a newer owner, or the store refuses the
  /// records, so nothing more is written. It must not destroy the recorder.
  Recorder(SessionLoop& loop, Store& store, LimitedLog& log, Fence fence, bool keeps_bytes, std::function<void()> lost);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  bool keeps_bytes() const { return m_keeps_bytes; }
  /// `recorded` runs after each batch. Its argument: below this offset, the file has the input and that a shell
  /// received it. May be empty.
  void when_recorded(std::function<void(std::uint64_t input_end)> recorded) { m_recorded = std::move(recorded); }

  /// Continues a task session that is already in the file.
  void resume(TaskSessionId session, std::uint64_t input_end);
  /// Starts a task session. Records added since the end of the last one belong to it. `done` runs after the commit.
  /// `state`: of the sandbox, for the one who adopts it.
  void begin(int task_number, std::string task_type, std::string stream, std::string sandbox, Bytes state, Timestamp at,
             TaskSettings settings, TaskPlace place, std::function<void(const TaskSessionRow&)> done);
  /// `cause` absent: the usual one of the state.
  void end(TaskSessionState state, std::chrono::nanoseconds charged, Timestamp at, std::function<void()> done,
           std::optional<EndCause> cause = std::nullopt);
  /// Any other write of the session, in order with its records.
  void write(std::function<void(StoreTransaction&, TaskSessionId)> job, std::function<void()> done);

  void add(Record record);
  /// Adds a piece of one of the terminal's streams. It starts where the last piece ended.
  void add(StreamName stream, std::uint64_t offset, BytesView bytes, Timestamp at);
  /// Adds input that is kept as one `*` for each byte. `masked_from`: where the masked range begins that it continues.
  void add_masked_input(std::uint64_t offset, std::size_t size, std::uint64_t masked_from, Timestamp at);
  /// Adds an event: to the task session or, if none has begun, to the participant.
  void note(EventRecord event);
  /// Adds an event that always belongs to the participant.
  void note_of_participant(EventRecord event);
  /// Drops held records, because their task session will not begin.
  void discard_held();
  /// Sets the answered offset, which the next batch writes.
  void set_answered(std::uint64_t offset) { m_answered = offset; }
  /// A shell received the input below `offset`. Written with the batch that records that input or, if that is in the
  /// file already, with another one.
  void set_handed_over(std::uint64_t offset);

  /// Bytes of input and output that are not in the file yet.
  std::size_t backlog() const { return m_backlog + m_held_size; }
  const Fence& fence() const { return m_fence; }
  /// Between begin() or resume() and end().
  bool has_task_session() const { return m_begun; }
  /// Set once the store has begun the task session.
  std::shared_ptr<const TaskSessionId> task_session() const { return m_session; }

  void check_invariant() const;

 private:
  struct Operation {
    std::function<void(StoreTransaction&)> job;
    std::function<void()> done;
    std::shared_ptr<std::vector<Record>> records;
    std::size_t bytes = 0;
    std::size_t input_bytes = 0;  ///< input bytes among them
    std::uint64_t input_end = 0;
    std::shared_ptr<std::atomic<std::uint64_t>> handed_over;  ///< of a batch: its task session's
    /// Of a batch: what StoreTransaction::append() returned. Set on the store's thread, read after the commit.
    std::shared_ptr<std::uint64_t> handed_over_in_file;
    bool is_due = true;  ///< false while it holds only lengths, which may wait
    /// The index in `records` of the row that counts the bytes of a stream whose content is not kept: of input, of
    /// output.
    std::array<std::optional<std::size_t>, 2> lengths;
  };

  void push(Operation operation);
  /// The batch that still accepts records, or a new one.
  Operation& open_batch();
  void add_length(const GapRecord& length);
  /// Counts bytes that are in the batch and not yet in the file.
  void count(Operation& batch, bool is_input, std::size_t size);
  /// Whether the backlog is too large for a deferred commit.
  bool has_large_backlog() const;
  /// Bytes of input in the file that a shell has received, but that the file does not yet mark as handed over.
  std::uint64_t unmarked() const;
  /// Adds a batch that marks them.
  void mark_handed_over();
  void submit();
  void completed(const std::exception_ptr& error);
  /// Retries the same operation after `interval`. Logs the reason the first time.
  void wait(std::chrono::milliseconds interval, const char* what, const StoreError& failure);
  void give_up(const std::string& message);

  SessionLoop& m_loop;
  Store& m_store;
  LimitedLog& m_log;
  Fence m_fence;
  const bool m_keeps_bytes;
  std::function<void(std::uint64_t)> m_recorded;
  const std::function<void()> m_lost_callback;
  std::unique_ptr<Loop::Timer> m_retry;
  std::unique_ptr<Loop::Timer> m_lengths_timer;
  std::deque<Operation> m_operations;
  bool m_in_flight = false;
  bool m_lost = false;
  std::string m_last_error;  ///< the logged reason why the record is waiting; empty if it is not
  bool m_begun = false;
  std::vector<Record> m_held;  ///< added before the task session began
  std::size_t m_held_size = 0;
  std::shared_ptr<TaskSessionId> m_session = std::make_shared<TaskSessionId>(0);
  std::uint64_t m_answered = 0;
  std::uint64_t m_answered_written = 0;
  std::uint64_t m_input_end = 0;
  std::uint64_t m_input_in_file = 0;
  /// How far the task session's input was handed to a shell. The store's thread reads it when it runs a batch.
  std::shared_ptr<std::atomic<std::uint64_t>> m_handed_over = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::uint64_t m_handed_over_in_file = 0;
  std::size_t m_backlog = 0;
  std::size_t m_input_backlog = 0;  ///< input bytes of m_backlog
};

}  // namespace tellina
