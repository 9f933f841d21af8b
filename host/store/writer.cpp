#include "host/store/writer.hpp"

#include <iterator>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/threads.hpp"

namespace tellina {

namespace {

/// Gives an error to every entry that has none, because its writes are lost with the transaction.
template <typename Entries>
void fail_all(Entries& entries, const std::exception_ptr& error) {
  for (auto& entry : entries) {
    if (!entry.error) entry.error = error;
  }
}

}  // namespace

Writer::Writer(std::unique_ptr<Database> database, const Clock& clock, Log& log, std::string boot_id, bool syncs_log)
    : m_database(std::move(database)),
      m_clock(clock),
      m_log(log),
      m_fault_log(log, limits::fault_log_interval),
      m_transaction(*m_database, clock, std::move(boot_id)),
      m_files(m_database->path(), m_database->name()),
      m_log_sync(syncs_log ? std::make_unique<LogSync>(m_database->path() + "-wal", m_database->name() + "-wal", m_log)
                           : nullptr),
      m_thread(start_thread("writing the database", [this] { run_thread(); })) {}

Writer::~Writer() {
  {
    std::lock_guard lock(m_mutex);
    m_closing = true;
  }
  m_changed.notify_one();
  m_thread.join();
}

void Writer::check_invariant() const {
  TELLINA_ASSERT_PROCESS(m_submitted == m_taken + m_queue.size());
  TELLINA_ASSERT_PROCESS(!m_must_commit || !m_queue.empty());
}

void Writer::submit(Job job, Done done) {
  {
    std::lock_guard lock(m_mutex);
    const InvariantScope invariant(*this);
    TELLINA_ASSERT_PROCESS(job);
    m_queue.emplace_back(std::move(job), std::move(done));
    ++m_submitted;
    m_must_commit = true;
  }
  m_changed.notify_one();
}

void Writer::submit_deferred(Job job, Done done) {
  {
    std::lock_guard lock(m_mutex);
    const InvariantScope invariant(*this);
    TELLINA_ASSERT_PROCESS(job);
    m_queue.emplace_back(std::move(job), std::move(done));
    ++m_submitted;
    if (m_queue.size() > 1 && !is_due()) return;
  }
  m_changed.notify_one();
}

void Writer::commit_waiting() {
  {
    std::lock_guard lock(m_mutex);
    const InvariantScope invariant(*this);
    if (m_queue.empty() || std::exchange(m_must_commit, true)) return;
  }
  m_changed.notify_one();
}

void Writer::run_thread() {
  while (wait()) run_group();
}

bool Writer::wait() {
  std::unique_lock lock(m_mutex);
  m_changed.wait(lock, [this] { return !m_queue.empty() || m_closing; });
  m_changed.wait_for(lock, limits::commit_delay, [this] { return is_due(); });
  return !m_queue.empty();
}

std::optional<Writer::Entry> Writer::take() {
  std::lock_guard lock(m_mutex);
  const InvariantScope invariant(*this);
  if (m_queue.empty()) return std::nullopt;
  std::optional<Entry> entry(std::move(m_queue.front()));
  m_queue.pop_front();
  ++m_taken;
  if (m_queue.empty()) m_must_commit = false;
  return entry;
}

std::vector<Writer::Entry> Writer::take_all() {
  std::lock_guard lock(m_mutex);
  const InvariantScope invariant(*this);
  std::vector<Entry> entries(std::make_move_iterator(m_queue.begin()), std::make_move_iterator(m_queue.end()));
  m_taken += m_queue.size();
  m_queue.clear();
  m_must_commit = false;
  return entries;
}

void Writer::run_group() {
  std::vector<Entry> group;
  try {
    m_files.check();
    m_database->execute("BEGIN IMMEDIATE");
  } catch (const StoreError&) {
    // Each try may have waited for 5 s, so all waiting jobs get this error now.
    group = take_all();
    fail_all(group, std::current_exception());
    report(group);
    return;
  }
  TELLINA_ASSERT_PROCESS(m_database->in_transaction());
  const MonotonicTime end = m_clock.now() + limits::commit_group;
  bool has_more = true;
  do {
    std::optional<Entry> entry = take();
    has_more = entry.has_value();
    if (!has_more) break;
    run_job(*entry, group);
    group.push_back(std::move(*entry));
  } while (m_database->in_transaction() && group.size() < limits::commit_records && m_clock.now() < end);
  if (has_more) commit_waiting();  // the other jobs have waited just as long
  TELLINA_ASSERT_PROCESS(group.size() <= limits::commit_records);
  commit(group);
  report(group);
}

void Writer::run_job(Entry& entry, std::vector<Entry>& group) {
  try {
    m_database->execute("SAVEPOINT job");
    entry.job(m_transaction);
    m_database->execute("RELEASE job");
    TELLINA_ASSERT_PROCESS(m_database->in_transaction());
    return;
  } catch (...) {
    entry.error = std::current_exception();
  }
  try {
    // SQLite rolls some failed transactions back by itself. That also undoes the jobs before this one.
    if (m_database->in_transaction()) {
      m_database->execute("ROLLBACK TO job");
      m_database->execute("RELEASE job");
      return;
    }
  } catch (const StoreError&) {
    roll_back();
  }
  fail_all(group, std::make_exception_ptr(StoreError(
                      ErrorCode::unavailable,
                      m_database->name() + ": another write of the transaction failed, so all of it was rolled back",
                      "look for the store's first error in the log")));
}

void Writer::commit(std::vector<Entry>& group) {
  if (!m_database->in_transaction()) return;
  const MonotonicTime begin = m_clock.now();
  try {
    m_database->execute("COMMIT");
    TELLINA_ASSERT_PROCESS(!m_database->in_transaction());
    m_commit_times.observe(m_clock.now() - begin);
    if (m_log_sync) m_log_sync->note_commit();
  } catch (const StoreError&) {
    fail_all(group, std::current_exception());
    roll_back();
  }
}

void Writer::roll_back() {
  try {
    m_database->roll_back();
  } catch (const StoreError& error) {
    m_fault_log.write(LogLevel::error, "roll back", error.what(), m_clock.now());
  }
}

void Writer::report(std::vector<Entry>& group) {
  for (Entry& entry : group) {
    entry.job = nullptr;
    try {
      if (entry.done) {
        entry.done(entry.error);
      } else if (entry.error) {
        std::rethrow_exception(entry.error);
      }
    } catch (const Error& error) {
      // What differs is lost, such as the participant. The error itself is the same for all while the file has it.
      m_fault_log.write(LogLevel::error, "error " + std::to_string(static_cast<int>(error.code())),
                        std::string("store: ") + error.what(), m_clock.now());
    } catch (const std::exception& error) {
      m_fault_log.write(LogLevel::error, "exception", std::string("store: ") + error.what(), m_clock.now());
    }
  }
}

}  // namespace tellina
