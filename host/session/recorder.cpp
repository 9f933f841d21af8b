#include "host/session/recorder.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"

namespace tellina {
namespace {

constexpr std::chrono::milliseconds retry_interval{500};
/// Retry interval for a damaged file: unless the disk recovers, somebody has to stop the server and repair the file.
constexpr std::chrono::seconds damaged_interval{5};
constexpr const char* not_recorded = "not_recorded";
/// How far the record of the lengths may lag. This is less than the lag that stops reading from the pty.
constexpr std::chrono::milliseconds lengths_interval{200};

std::size_t payload_size(const Record& record) {
  if (const auto* input = std::get_if<InputRecord>(&record)) return input->bytes.size();
  if (const auto* output = std::get_if<OutputRecord>(&record)) return output->bytes.size();
  if (const auto* gap = std::get_if<GapRecord>(&record); gap && gap->reason == not_recorded) return gap->to - gap->from;
  return 0;
}

}  // namespace

Recorder::Recorder(SessionLoop& loop, Store& store, LimitedLog& log, Fence fence, bool keeps_bytes,
                   std::function<void()> lost)
    : m_loop(loop),
      m_store(store),
      m_log(log),
      m_fence(std::move(fence)),
      m_keeps_bytes(keeps_bytes),
      m_lost_callback(std::move(lost)),
      m_retry(loop.make_timer()),
      m_lengths_timer(loop.make_timer()) {}

void Recorder::resume(TaskSessionId session, std::uint64_t input_end) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!m_begun && m_held.empty());
  TELLINA_ASSERT(session != no_task_session);
  *m_session = session;
  m_input_end = m_input_in_file = m_handed_over_in_file = input_end;
  *m_handed_over = input_end;
  m_begun = true;
}

void Recorder::begin(int task_number, std::string task_type, std::string stream, std::string sandbox, Bytes state,
                     Timestamp at, TaskSettings settings, TaskPlace place,
                     std::function<void(const TaskSessionRow&)> done) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!m_begun);
  auto row = std::make_shared<TaskSessionRow>();
  Operation operation;
  operation.job = [fence = m_fence, task_number, task_type = std::move(task_type), stream = std::move(stream),
                   sandbox = std::move(sandbox), state = std::move(state), at, settings = std::move(settings),
                   place = std::move(place), row, session = m_session](StoreTransaction& transaction) {
    *row = transaction.begin_task_session(fence, task_number, task_type, stream, sandbox, at, settings, place);
    if (!state.empty()) transaction.set_sandbox(fence, row->id, sandbox, state);
    row->sandbox_state = state;
    *session = row->id;
  };
  operation.done = [row, done = std::move(done)] { done(*row); };
  m_input_end = m_input_in_file = m_handed_over_in_file = 0;
  m_handed_over = std::make_shared<std::atomic<std::uint64_t>>(0);
  m_answered = m_answered_written = 0;
  push(std::move(operation));
  m_begun = true;
  std::vector<Record> held = std::exchange(m_held, {});
  m_held_size = 0;
  for (Record& record : held) add(std::move(record));
}

void Recorder::end(TaskSessionState state, std::chrono::nanoseconds charged, Timestamp at, std::function<void()> done,
                   std::optional<EndCause> cause) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_begun);
  TELLINA_ASSERT(state != TaskSessionState::running);
  write(
      [fence = m_fence, state, cause, charged, at](StoreTransaction& transaction, TaskSessionId session) {
        transaction.end_task_session(fence, session, state, charged, at, cause);
      },
      std::move(done));
  m_begun = false;
}

void Recorder::write(std::function<void(StoreTransaction&, TaskSessionId)> job, std::function<void()> done) {
  Operation operation;
  operation.job = [job = std::move(job), session = m_session](StoreTransaction& transaction) {
    job(transaction, *session);
  };
  operation.done = std::move(done);
  push(std::move(operation));
}

void Recorder::add(Record record) {
  const InvariantScope invariant(*this);
  if (m_lost) return;
  if (!m_begun) {
    m_held_size += payload_size(record);
    m_held.push_back(std::move(record));
    return;
  }
  Operation& batch = open_batch();
  const std::size_t size = payload_size(record);
  const bool is_input = std::holds_alternative<InputRecord>(record);
  if (const auto* input = std::get_if<InputRecord>(&record)) m_input_end = input->offset + size;
  if (const auto* gap = std::get_if<GapRecord>(&record); gap && gap->stream == StreamName::input) m_input_end = gap->to;
  batch.records->push_back(std::move(record));
  batch.is_due = true;
  count(batch, is_input, size);
  submit();
}

void Recorder::count(Operation& batch, bool is_input, std::size_t size) {
  batch.bytes += size;
  batch.input_end = m_input_end;
  m_backlog += size;
  if (!is_input) return;
  batch.input_bytes += size;
  m_input_backlog += size;
}

Recorder::Operation& Recorder::open_batch() {
  // The first operation may already be in the store's queue.
  const bool open = m_operations.size() > (m_in_flight ? 1 : 0) && m_operations.back().records;
  if (!open) {
    Operation operation;
    operation.records = std::make_shared<std::vector<Record>>();
    operation.handed_over = m_handed_over;
    operation.is_due = false;
    m_operations.push_back(std::move(operation));
  }
  return m_operations.back();
}

void Recorder::add(StreamName stream, std::uint64_t offset, BytesView bytes, Timestamp at) {
  if (!m_keeps_bytes) return add_length(GapRecord(stream, offset, offset + bytes.size(), not_recorded, at));
  if (stream == StreamName::input) return add(InputRecord(offset, Bytes(bytes), at));
  add(OutputRecord(offset, Bytes(bytes), at));
}

void Recorder::add_masked_input(std::uint64_t offset, std::size_t size, std::uint64_t masked_from, Timestamp at) {
  TELLINA_ASSERT(m_keeps_bytes);
  TELLINA_ASSERT(masked_from <= offset);
  InputRecord record(offset, Bytes(size, '*'), at);
  record.masked_from = masked_from;
  add(std::move(record));
}

void Recorder::add_length(const GapRecord& length) {
  if (m_lost || !m_begun) return add(Record(length));
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(length.from <= length.to);
  Operation& batch = open_batch();
  if (batch.records->empty()) {
    m_lengths_timer->start(m_loop.clock().now() + lengths_interval, [this] {
      if (!m_operations.empty()) m_operations.back().is_due = true;
      submit();
    });
  }
  std::optional<std::size_t>& place = batch.lengths[length.stream == StreamName::input ? 0 : 1];
  if (place && std::get<GapRecord>((*batch.records)[*place]).to == length.from) {
    std::get<GapRecord>((*batch.records)[*place]).to = length.to;
  } else {
    place = batch.records->size();
    batch.records->emplace_back(length);
  }
  const bool is_input = length.stream == StreamName::input;
  if (is_input) m_input_end = length.to;
  count(batch, is_input, length.to - length.from);
  if (m_backlog < limits::unrecorded_lengths) return;
  batch.is_due = true;
  submit();
}

std::uint64_t Recorder::unmarked() const {
  const std::uint64_t ready = std::min(m_handed_over->load(), m_input_in_file);
  return ready - std::min(ready, m_handed_over_in_file);
}

void Recorder::set_handed_over(std::uint64_t offset) {
  if (m_lost || !m_begun) return;
  TELLINA_ASSERT(offset >= *m_handed_over);
  TELLINA_ASSERT(offset <= m_input_end);
  *m_handed_over = offset;
  // A batch that is in flight, or the next one, writes it.
  if (m_operations.empty()) return mark_handed_over();
  if (m_in_flight && unmarked() >= limits::acknowledged_at_once) m_store.commit_waiting();
}

void Recorder::mark_handed_over() {
  if (!m_begun || unmarked() == 0) return;
  Operation& batch = open_batch();
  batch.is_due = true;
  batch.input_end = m_input_end;
  submit();
}

void Recorder::note(EventRecord event) {
  if (m_begun) return add(std::move(event));
  note_of_participant(std::move(event));
}

void Recorder::note_of_participant(EventRecord event) {
  Operation operation;
  operation.job = [fence = m_fence, records = std::vector<Record>{std::move(event)}](StoreTransaction& transaction) {
    transaction.append(fence, no_task_session, records);
  };
  push(std::move(operation));
}

void Recorder::discard_held() {
  m_held.clear();
  m_held_size = 0;
}

void Recorder::push(Operation operation) {
  if (m_lost) return;
  operation.input_end = m_input_end;
  m_operations.push_back(std::move(operation));
  submit();
}

bool Recorder::has_large_backlog() const {
  return m_backlog >= limits::output_commit || m_input_backlog >= limits::input_commit ||
         unmarked() >= limits::acknowledged_at_once;
}

void Recorder::submit() {
  if (m_lost || m_operations.empty()) return;
  if (m_in_flight) {
    if (has_large_backlog() || !m_operations.back().records) m_store.commit_waiting();
    return;
  }
  Operation& front = m_operations.front();
  if (!front.is_due && m_operations.size() == 1) return;
  m_in_flight = true;
  if (front.records && !front.job) {
    if (m_answered > m_answered_written) front.records->push_back(AnsweredRecord(m_answered));
    m_answered_written = m_answered;
    front.handed_over_in_file = std::make_shared<std::uint64_t>(0);
    front.job = [fence = m_fence, session = m_session, records = front.records, offset = front.handed_over,
                 kept = front.handed_over_in_file](StoreTransaction& transaction) {
      *kept = transaction.append(fence, *session, *records, offset->load());
    };
  }
  auto done = m_loop.posted([this](const std::exception_ptr& error) { completed(error); });
  // Operations behind a batch are other writes, for whose result somebody waits.
  const bool may_be_deferred = front.records && m_operations.size() == 1 && !has_large_backlog();
  if (may_be_deferred) return m_store.submit_deferred(front.job, std::move(done));
  m_store.submit(front.job, std::move(done));
}

void Recorder::completed(const std::exception_ptr& error) {
  check_invariant();
  TELLINA_ASSERT(m_in_flight);
  try {
    if (error) std::rethrow_exception(error);
  } catch (const StoreError& failure) {
    if (failure.is_temporary()) return wait(retry_interval, "the record waits for the database: ", failure);
    if (failure.code() == ErrorCode::incompatible) {
      return wait(damaged_interval, "the database is damaged, so the record and its terminal are paused: ", failure);
    }
    return give_up(std::string("a session restarts because its record cannot continue: ") + failure.what());
  } catch (const LeaseLost& failure) {
    return give_up(std::string("a session ends because it has a newer owner: ") + failure.what());
  } catch (const std::exception& failure) {
    return give_up(std::string("a session restarts because its record cannot continue: ") + failure.what());
  }
  if (!m_last_error.empty()) m_log.write(LogLevel::info, "continues", "the record continues", m_loop.clock().now());
  m_last_error.clear();
  TELLINA_ASSERT(!m_operations.empty());
  m_in_flight = false;
  const Operation operation = std::move(m_operations.front());
  m_operations.pop_front();
  TELLINA_ASSERT(operation.bytes <= m_backlog && operation.input_bytes <= m_input_backlog);
  m_backlog -= operation.bytes;
  m_input_backlog -= operation.input_bytes;
  if (operation.records && operation.handed_over == m_handed_over) {
    m_input_in_file = operation.input_end;
    m_handed_over_in_file = *operation.handed_over_in_file;
  }
  check_invariant();
  if (m_operations.empty()) mark_handed_over();
  submit();
  if (operation.records && m_recorded) m_recorded(m_handed_over_in_file);
  // The callback may destroy the recorder.
  if (operation.done) operation.done();
}

void Recorder::wait(std::chrono::milliseconds interval, const char* what, const StoreError& failure) {
  if (std::exchange(m_last_error, what) != what) {
    m_log.write(LogLevel::error, what,
                what + std::string(failure.what()) + (failure.hint().empty() ? "" : " (" + failure.hint() + ")"),
                m_loop.clock().now());
  }
  m_retry->start(m_loop.clock().now() + interval, [this] {
    m_in_flight = false;
    submit();
  });
}

void Recorder::check_invariant() const {
  TELLINA_ASSERT(m_input_backlog <= m_backlog);
  TELLINA_ASSERT(m_lost || !m_in_flight || !m_operations.empty());
  TELLINA_ASSERT(!m_lost || m_operations.empty());
  TELLINA_ASSERT(!m_begun || m_held.empty());
  TELLINA_ASSERT(!m_held.empty() || m_held_size == 0);
  TELLINA_ASSERT(m_answered_written <= m_answered);
  TELLINA_ASSERT(m_handed_over_in_file <= m_input_in_file);
  TELLINA_ASSERT(m_input_in_file <= m_input_end);
}

void Recorder::give_up(const std::string& message) {
  m_log.warning("gives up", message, m_loop.clock().now());
  m_lost = true;
  m_operations.clear();
  m_lost_callback();
}

}  // namespace tellina
