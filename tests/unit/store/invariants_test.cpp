#include <gmock/gmock.h>

#include "host/store/database.hpp"
#include "host/store/record_appender.hpp"
#include "host/store/transaction.hpp"
#include "unit/store/store_fixture.hpp"

namespace tellina::testing {
namespace {

/// The last output of the process: the expression, its file and its line.
std::string death(const std::string& expression, const std::string& file) {
  return "tellina: assertion failed: [^\n]*" + expression + "[^\n]* \\([^\n]*host/store/" + file +
         ":[0-9]+\\); the process ends";
}

/// A broken invariant of the store ends the process before anything is written from it.
class StoreInvariants : public StoreTest {
 protected:
  StoreInvariants() {
    add_worker("w0");
    participant = add_participant("bob");
    acquire(participant, "w0");
    store.reset();  // a death test forks, and the child does not have the store's thread
  }

  /// Begins a task session and lets the job change it, in one transaction.
  void run_in_task(const std::function<void(StoreTransaction&, const Fence&, TaskSessionId)>& job) {
    open();
    const LeaseResult lease = acquire(participant, "w0");
    run([&](StoreTransaction& t) {
      const TaskSessionRow session = t.begin_task_session(lease.fence, 1, "stdout", "s-1", "box", now());
      job(t, lease.fence, session.id);
    });
  }

  ParticipantId participant = 0;
};

TEST_F(StoreInvariants, AStatementHasAllItsValues) {
  Database database(path, "db", Opening::create);
  EXPECT_EQ(database.query("SELECT ?, ?", 1, 2).next(), true);
  EXPECT_DEATH(database.query("SELECT ?, ?", 1), death("sqlite3_bind_parameter_count", "database.hpp"));
  EXPECT_DEATH(database.execute("SELECT 1", 2), death("sqlite3_bind_parameter_count", "database.hpp"));
}

TEST_F(StoreInvariants, OnlyColumnsOfARowAreRead) {
  Database database(path, "db", Opening::create);
  Query row = database.query("SELECT 7, 'x'");
  EXPECT_DEATH(row.integer(0), death("column < sqlite3_data_count", "database.hpp")) << "before the first row";
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.integer(0), 7);
  EXPECT_EQ(row.text(1), "x");
  EXPECT_DEATH(row.text(2), death("column < sqlite3_data_count", "database.hpp"));
  EXPECT_DEATH(row.is_null(-1), death("column >= 0", "database.hpp"));
  ASSERT_FALSE(row.next());
  EXPECT_DEATH(row.integer(0), death("column < sqlite3_data_count", "database.hpp")) << "after the last row";
}

TEST_F(StoreInvariants, RecordsBelongToATaskSession) {
  Database database(path, "db", Opening::create);
  RecordAppender appender(database, participant, no_task_session, StreamEnds());
  EXPECT_DEATH(appender.append(InputRecord(0, "x", now())),
               death("m_session != no_task_session", "record_appender.cpp"));
}

TEST_F(StoreInvariants, NoTimeIsTakenBack) {
  const std::chrono::nanoseconds before_the_start(-1);
  EXPECT_DEATH(run_in_task([&](StoreTransaction& t, const Fence& fence, TaskSessionId session) {
                 t.set_clock(fence, session, before_the_start, std::nullopt);
               }),
               death("charged >= ", "transaction.cpp"));
  EXPECT_DEATH(run_in_task([&](StoreTransaction& t, const Fence& fence, TaskSessionId session) {
                 t.end_task_session(fence, session, TaskSessionState::passed, before_the_start, now());
               }),
               death("charged >= ", "transaction.cpp"));
  Reader file(path);
  EXPECT_EQ(file.value("SELECT count(*) FROM task_sessions"), "0") << "the transaction was committed";
}

TEST_F(StoreInvariants, AJobIsNotEmpty) {
  EXPECT_DEATH(
      {
        open();
        store->submit(nullptr, [](const std::exception_ptr&) {});
      },
      death("job", "writer.cpp"));
  EXPECT_DEATH(
      {
        open();
        store->submit_deferred(nullptr, [](const std::exception_ptr&) {});
      },
      death("job", "writer.cpp"));
}

/// Another program changes the file: the store does not read what it has just written.
TEST_F(StoreInvariants, ALeaseIsAsItWasAcquired) {
  Reader(path).execute(
      "CREATE TRIGGER other AFTER UPDATE ON leases BEGIN "
      "UPDATE leases SET fence = 99 WHERE participant_id = NEW.participant_id; END");
  EXPECT_DEATH(
      {
        open();
        add_worker("w1");
        pass(std::chrono::seconds(4));
        acquire(participant, "w1");
      },
      death("lease->fence == fence.number", "transaction.cpp"));
}

}  // namespace
}  // namespace tellina::testing
