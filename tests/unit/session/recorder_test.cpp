#include "host/session/recorder.hpp"

#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

/// A store whose next writes fail as if the disk were full.
class FailingStore final : public Store {
 public:
  explicit FailingStore(Store& store) : m_store(store) {}
  void submit(Job job, Done done) override {
    if (!fails(done)) m_store.submit(std::move(job), std::move(done));
  }
  void submit_deferred(Job job, Done done) override {
    ++in_time;
    if (!fails(done)) m_store.submit_deferred(std::move(job), std::move(done));
  }
  void commit_waiting() override {
    ++commits;
    m_store.commit_waiting();
  }
  int submitted = 0;
  int in_time = 0;
  int commits = 0;
  int failures = 0;
  std::exception_ptr failure = std::make_exception_ptr(StoreError(ErrorCode::unavailable, "disk full"));

 private:
  bool fails(const Done& done) {
    ++submitted;
    if (failures == 0) return false;
    --failures;
    done(failure);
    return true;
  }

  Store& m_store;
};

class RecorderTest : public SessionTest {
 protected:
  RecorderTest() {
    store->run([&](StoreTransaction& t) { lease = t.acquire_lease(participant, "w1", now()); });
    make(true);
  }
  std::unique_ptr<Recorder> make_one(bool keeps_bytes) {
    return std::make_unique<Recorder>(record_loop, failing, *environment.fault_log, lease.fence, keeps_bytes,
                                      [this] { ++losses; });
  }
  void make(bool keeps_bytes) {
    recorder = make_one(keeps_bytes);
    recorder->when_recorded([this](std::uint64_t end) { ends.push_back(end); });
  }
  void begin() {
    bool begun = false;
    recorder->begin(1, "stdout", "s", "box", {}, now(), {}, TaskPlace(), [&](const TaskSessionRow&) { begun = true; });
    ASSERT_TRUE(wait([&] { return begun; }));
  }
  /// Input that the shell takes at once.
  void add_input(std::uint64_t offset, const std::string& bytes) {
    recorder->add(InputRecord(offset, bytes, now()));
    recorder->set_handed_over(offset + bytes.size());
  }

  LeaseResult lease;
  FailingStore failing{*store};
  SessionLoop record_loop{loop, [](const AssertionFailure& failure) { ADD_FAILURE() << failure.what(); }};
  std::unique_ptr<Recorder> recorder;
  std::vector<std::uint64_t> ends;
  int losses = 0;
};

TEST_F(RecorderTest, BatchesRecordsThatArriveDuringAWrite) {
  begin();
  const int before = failing.submitted;
  add_input(0, "a");
  for (std::uint64_t i = 1; i < 100; ++i) add_input(i, "b");
  EXPECT_EQ(recorder->backlog(), 100U);
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));
  EXPECT_EQ(failing.submitted - before, 2);
  EXPECT_EQ(ends, (std::vector<std::uint64_t>{1, 100}));
  EXPECT_EQ(stored("SELECT input_end FROM task_sessions"), "100");
}

TEST_F(RecorderTest, ReportsInputOnceTheFileSaysThatAShellReceivedIt) {
  begin();
  recorder->add(InputRecord(0, "abcdef", now()));
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));
  EXPECT_EQ(ends, (std::vector<std::uint64_t>{0}));
  EXPECT_EQ(stored("SELECT input_end FROM task_sessions"), "6");
  EXPECT_EQ(stored("SELECT input_handed_over FROM task_sessions"), "0");
  recorder->set_handed_over(2);
  recorder->set_handed_over(4);
  ASSERT_TRUE(wait([&] { return ends.back() == 4; })) << "no other record was written with it";
  EXPECT_EQ(stored("SELECT input_handed_over FROM task_sessions"), "4");
  recorder->set_handed_over(6);
  ASSERT_TRUE(wait([&] { return ends.back() == 6; }));
  const int before = failing.submitted;
  loop.run_until_idle();
  EXPECT_EQ(failing.submitted, before) << "there is nothing left to write";
}

TEST_F(RecorderTest, KeepsRecordsFromBeforeTheBegin) {
  recorder->add(OutputRecord(0, "early", now()));
  EXPECT_EQ(recorder->backlog(), 5U);
  begin();
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));
  EXPECT_EQ(stored("SELECT output_end FROM task_sessions"), "5");
}

TEST_F(RecorderTest, DiscardsRecordsOfATaskThatNeverBegan) {
  recorder->add(OutputRecord(0, "early", now()));
  recorder->discard_held();
  EXPECT_EQ(recorder->backlog(), 0U);
  begin();
  EXPECT_EQ(stored("SELECT output_end FROM task_sessions"), "0");
}

TEST_F(RecorderTest, RetriesWhenTheStoreFailsAndLosesNothing) {
  begin();
  failing.failures = 2;
  add_input(0, "a");
  loop.run_until_idle();
  add_input(1, "b");
  recorder->set_answered(0);
  loop.advance(milliseconds(499));
  EXPECT_EQ(failing.failures, 1);
  EXPECT_EQ(recorder->backlog(), 2U);
  loop.advance(milliseconds(501));
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));
  EXPECT_EQ(ends, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(losses, 0);
  EXPECT_EQ(stored("SELECT input_end FROM task_sessions"), "2");
  const auto lines = log.lines();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "the record waits for the database: disk full"), 1);
  EXPECT_EQ(lines.back(), "the record continues");
}

TEST_F(RecorderTest, SaysOnceAMinuteForAllSessionsThatTheRecordWaits) {
  std::vector<std::unique_ptr<Recorder>> others;
  for (int i = 0; i < 20; ++i) others.push_back(make_one(true));
  int expected = 0;
  const auto fail_once = [&] {
    failing.failures = 20;
    for (const auto& other : others) other->note_of_participant(EventRecord("focus", "{}", now()));
    loop.run_until_idle();
    EXPECT_EQ(failing.failures, 0);
    loop.advance(seconds(1));
    expected += 20;
    expect_stored("SELECT count(*) FROM events WHERE kind = 'focus'", std::to_string(expected));
    loop.run_until_idle();
  };
  fail_once();
  EXPECT_THAT(log.lines(), ElementsAre("the record waits for the database: disk full", "the record continues"));
  fail_once();
  EXPECT_EQ(log.lines().size(), 2U);
  loop.advance(limits::fault_log_interval);
  fail_once();
  ASSERT_EQ(log.lines().size(), 4U);
  EXPECT_EQ(log.lines()[2], "the record waits for the database: disk full (and 39 more like this before)");
  EXPECT_EQ(log.lines()[3], "the record continues (and 39 more like this before)");
}

TEST_F(RecorderTest, StopsAtOnceWhenTheLeaseIsLost) {
  begin();
  failing.failures = 1;
  failing.failure = std::make_exception_ptr(LeaseLost(recorder->fence()));
  add_input(0, "a");
  ASSERT_TRUE(wait([&] { return losses == 1; }));
  const int before = failing.submitted;
  add_input(1, "b");
  bool done = false;
  recorder->write([](StoreTransaction&, TaskSessionId) {}, [&] { done = true; });
  loop.advance(milliseconds(2000));
  EXPECT_EQ(failing.submitted, before);
  EXPECT_FALSE(done);
  EXPECT_EQ(losses, 1);
}

TEST_F(RecorderTest, PausesWhenTheFileIsDamagedAndLogsItOnce) {
  begin();
  failing.failures = 3;
  failing.failure = std::make_exception_ptr(
      StoreError(ErrorCode::incompatible, "db.sqlite3: database disk image is malformed", "stop the study"));
  const int before = failing.submitted;
  add_input(0, "a");
  loop.advance(milliseconds(14'999));
  EXPECT_EQ(failing.submitted - before, 3) << "every five seconds is enough";
  EXPECT_EQ(recorder->backlog(), 1U);
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));
  EXPECT_EQ(losses, 0);
  const auto lines = log.lines();
  EXPECT_EQ(std::count(lines.begin(), lines.end(),
                       "the database is damaged, so the record and its terminal are paused: "
                       "db.sqlite3: database disk image is malformed (stop the study)"),
            1);
}

TEST_F(RecorderTest, ReportsDamageThatOccursDuringAnotherWait) {
  begin();
  failing.failures = 1000;
  add_input(0, "a");
  loop.run_until_idle();
  failing.failure =
      std::make_exception_ptr(StoreError(ErrorCode::incompatible, "db.sqlite3: malformed", "stop the study"));
  loop.advance(milliseconds(6000));
  const auto lines = log.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "the record waits for the database: disk full");
  EXPECT_EQ(
      lines[1],
      "the database is damaged, so the record and its terminal are paused: db.sqlite3: malformed (stop the study)");
}

TEST_F(RecorderTest, ARefusalIsNotReportedAsANewerOwner) {
  begin();
  failing.failures = 1;
  failing.failure = std::make_exception_ptr(StoreError(ErrorCode::internal, "input is recorded up to 7"));
  add_input(0, "a");
  ASSERT_TRUE(wait([&] { return losses == 1; }));
  EXPECT_EQ(log.lines().back(), "a session restarts because its record cannot continue: input is recorded up to 7");
}

TEST_F(RecorderTest, DefersFewRecordsAndNotMany) {
  begin();
  add_input(0, "a");
  add_input(1, std::string(1000, 'b'));
  EXPECT_EQ(failing.in_time, 1);
  EXPECT_EQ(failing.commits, 0);
  add_input(1001, std::string(16 * 1024, 'c'));
  EXPECT_GT(failing.commits, 0) << "a page that pastes waits until the window advances";
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));

  const int before = failing.in_time;
  recorder->add(OutputRecord(0, std::string(256 * 1024, 'd'), now()));
  EXPECT_EQ(failing.in_time, before) << "the records of a flood are not deferred";
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));
}

TEST_F(RecorderTest, CommitsAtOnceIfSomebodyWaits) {
  begin();
  add_input(0, "a");
  add_input(1, "b");
  EXPECT_EQ(failing.in_time, 1);
  bool ended = false;
  recorder->end(TaskSessionState::gave_up, {}, now(), [&] { ended = true; });
  EXPECT_EQ(failing.commits, 1);
  ASSERT_TRUE(wait([&] { return ended; }));
  EXPECT_EQ(failing.in_time, 1) << "the records before the end were deferred";
}

TEST_F(RecorderTest, EndsAfterItsRecords) {
  begin();
  add_input(0, "ab");
  recorder->set_answered(9);
  add_input(2, "c");
  bool ended = false;
  recorder->end(TaskSessionState::gave_up, std::chrono::seconds(1), now(), [&] { ended = true; });
  ASSERT_TRUE(wait([&] { return ended; }));
  EXPECT_EQ(stored("SELECT state || ' ' || input_end || ' ' || answered_offset FROM task_sessions"), "gave_up 3 9");
}

class LengthsTest : public RecorderTest {
 protected:
  LengthsTest() {
    make(false);
    begin();
    before = failing.submitted;
  }
  void add(StreamName stream, const std::string& bytes) {
    std::uint64_t& end = stream == StreamName::input ? input_end : output_end;
    recorder->add(stream, end, bytes, now());
    end += bytes.size();
  }
  std::string kept() {
    return stored("SELECT (SELECT count(*) FROM input_bytes) || ' ' || (SELECT count(*) FROM output_bytes)");
  }
  std::string gaps() {
    return stored(
        "SELECT group_concat(stream || ' ' || from_offset || '-' || to_offset || ' ' || reason, ', ') FROM "
        "(SELECT * FROM gaps ORDER BY stream, from_offset)");
  }
  std::uint64_t input_end = 0;
  std::uint64_t output_end = 0;
  int before = 0;
};

TEST_F(LengthsTest, AreWrittenAFewTimesASecondInsteadOfTheBytes) {
  for (int key = 0; key < 100; ++key) {
    add(StreamName::input, "k");
    add(StreamName::output, "kk");
  }
  EXPECT_EQ(recorder->backlog(), 300U);
  loop.advance(milliseconds(199));
  EXPECT_EQ(failing.submitted, before);
  loop.advance(milliseconds(1));
  add(StreamName::input, "l");  // while the first are being written: has its own delay
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 1; }));
  EXPECT_EQ(failing.submitted, before + 1);
  loop.advance(milliseconds(200));
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));
  EXPECT_EQ(failing.submitted, before + 2);
  EXPECT_EQ(kept(), "0 0");
  EXPECT_EQ(gaps(), "input 0-100 not_recorded, input 100-101 not_recorded, output 0-200 not_recorded");
  EXPECT_EQ(stored("SELECT input_end || ' ' || output_end FROM task_sessions"), "101 200");
}

TEST_F(LengthsTest, AreWrittenWithOtherRecords) {
  add(StreamName::output, "before");
  recorder->add(EventRecord("check", "", now()));
  add(StreamName::output, "behind");
  ASSERT_TRUE(wait([&] { return failing.submitted > before && recorder->backlog() == 6; }));
  bool ended = false;
  recorder->end(TaskSessionState::passed, std::chrono::seconds(1), now(), [&] { ended = true; });
  ASSERT_TRUE(wait([&] { return ended; }));
  EXPECT_EQ(gaps(), "output 0-6 not_recorded, output 6-12 not_recorded");
}

TEST_F(LengthsTest, OfAFloodAreWrittenBeforeItsBacklogStopsTheReading) {
  add(StreamName::output, std::string(300 * 1024, 'x'));
  ASSERT_TRUE(wait([&] { return recorder->backlog() == 0; }));
  EXPECT_EQ(stored("SELECT output_end FROM task_sessions"), "307200");
}

}  // namespace
}  // namespace tellina::testing
