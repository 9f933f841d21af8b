#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <future>

#include "host/limits.hpp"
#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Collects the results of `done` in order; another thread may wait for them.
class Answers {
 public:
  Store::Done expect(const std::string& name) {
    return [this, name](std::exception_ptr error) {
      std::string answer = name + " good";
      try {
        if (error) std::rethrow_exception(error);
      } catch (const StoreError& failure) {
        answer = name + " store error";
        m_last_error = failure.what();
      } catch (const std::exception& failure) {
        answer = name + " " + failure.what();
      }
      std::lock_guard lock(m_mutex);
      m_answers.push_back(answer);
      m_changed.notify_all();
    };
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, seconds(30), [&] { return m_answers.size() >= count; });
    return m_answers;
  }
  const std::string& last_error() const { return m_last_error; }

 private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::vector<std::string> m_answers;
  std::string m_last_error;
};

class WriterTest : public StoreTest {
 protected:
  Store::Job add(const std::string& code) {
    return [this, code](StoreTransaction& t) { t.add_participant(code, now()); };
  }
  /// Holds the store's thread inside a job, so that jobs submitted meanwhile form one group.
  void hold() {
    std::promise<void> started;
    store->submit(
        [this, &started](StoreTransaction&) {
          started.set_value();
          m_go.get_future().wait();
        },
        nullptr);
    started.get_future().wait();
  }
  void go() { m_go.set_value(); }

  Answers answers;

 private:
  std::promise<void> m_go;
};

TEST_F(WriterTest, JobsOfOneGroupFinishInOrderAfterTheirCommit) {
  hold();
  std::string seen_by_reader;
  store->submit(add("a"), [&](std::exception_ptr) {
    seen_by_reader = Reader(path).value("SELECT group_concat(access_code) FROM participants");
  });
  store->submit(add("b"), answers.expect("b"));
  store->submit(add("c"), answers.expect("c"));
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM participants"), "0");
  go();
  EXPECT_THAT(answers.wait_for(2), ElementsAre("b good", "c good"));
  EXPECT_EQ(seen_by_reader, "a,b,c") << "the first answer comes when the whole group is in the file";
}

TEST_F(WriterTest, ADeferredJobRunsWithoutAnotherJob) {
  store->submit_deferred(add("a"), answers.expect("a"));
  EXPECT_THAT(answers.wait_for(1), ElementsAre("a good"));
  EXPECT_EQ(Reader(path).value("SELECT access_code FROM participants"), "a");
}

TEST_F(WriterTest, AJobThatCannotWaitRunsTheDeferredOnesBeforeIt) {
  hold();
  store->submit_deferred(add("a"), answers.expect("a"));
  store->submit(add("b"), answers.expect("b"));
  store->submit_deferred(add("c"), answers.expect("c"));
  go();
  EXPECT_THAT(answers.wait_for(3), ElementsAre("a good", "b good", "c good"));
}

TEST_F(WriterTest, CommitWaitingRunsDeferredJobsAtOnce) {
  store->commit_waiting();  // nothing waits
  constexpr int rounds = 25;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 1; i <= rounds; ++i) {
    store->submit_deferred(add(std::to_string(i)), answers.expect("job"));
    store->commit_waiting();
    ASSERT_EQ(answers.wait_for(static_cast<std::size_t>(i)).size(), static_cast<std::size_t>(i));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, rounds * milliseconds(40))
      << "the jobs waited for the end of their delay";
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM participants"), std::to_string(rounds));
}

TEST_F(WriterTest, OnlyTheJobThatThrowsIsUndone) {
  hold();
  store->submit(add("a"), answers.expect("a"));
  store->submit(
      [&](StoreTransaction& t) {
        t.add_participant("b", now());
        throw std::runtime_error("changed its mind");
      },
      answers.expect("b"));
  store->submit(add("a"), answers.expect("a again"));
  store->submit(add("c"), answers.expect("c"));
  go();
  EXPECT_THAT(answers.wait_for(4), ElementsAre("a good", "b changed its mind", "a again store error", "c good"));
  EXPECT_EQ(Reader(path).value("SELECT group_concat(access_code) FROM participants"), "a,c");
}

TEST_F(WriterTest, RunRethrowsAndAFailureWithoutACallbackIsLogged) {
  EXPECT_THROW(run([](StoreTransaction&) { throw LeaseLost(Fence()); }), LeaseLost);
  store->submit([](StoreTransaction&) { throw std::runtime_error("nobody asked"); }, nullptr);
  run([](StoreTransaction&) {});
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("nobody asked")));
}

TEST_F(WriterTest, WhatFailsAgainAndAgainIsLoggedOnceAMinute) {
  const auto fail = [&](ErrorCode code, int times) {
    for (int count = 0; count < times; ++count) {
      store->submit([code](StoreTransaction&) { throw StoreError(code, "the disk is full", ""); }, nullptr);
    }
    run([](StoreTransaction&) {});
  };
  fail(ErrorCode::unavailable, 50);
  fail(ErrorCode::internal, 1);
  EXPECT_THAT(log.lines(), ElementsAre("store: the disk is full", "store: the disk is full")) << "one of each kind";
  pass(limits::fault_log_interval);
  fail(ErrorCode::unavailable, 1);
  EXPECT_EQ(log.lines().size(), 3U);
  EXPECT_THAT(log.lines().back(), HasSubstr("and 49 more like this before"));
}

TEST_F(WriterTest, TheDestructorRunsSubmittedJobs) {
  hold();
  for (int count = 0; count < 100; ++count) store->submit(add("p" + std::to_string(count)), answers.expect("p"));
  go();
  store.reset();
  EXPECT_EQ(answers.wait_for(100).size(), 100U);
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM participants"), "100");
  EXPECT_FALSE(std::filesystem::exists(path + "-wal")) << "closed in order, the log is in the file";
}

TEST_F(WriterTest, AnotherWritersLockIsAnErrorAndTheStoreContinues) {
  Reader other(path);
  other.execute("BEGIN IMMEDIATE");
  store->submit(add("a"), answers.expect("a"));
  EXPECT_THAT(answers.wait_for(1), ElementsAre("a store error"));
  EXPECT_THAT(answers.last_error(), HasSubstr("SQLITE_BUSY"));
  other.execute("COMMIT");
  store->submit(add("a"), answers.expect("a"));
  EXPECT_THAT(answers.wait_for(2), ElementsAre("a store error", "a good"));
}

TEST_F(WriterTest, AReaderNeitherWaitsNorDelaysTheWriter) {
  add_participant("a");
  Reader reader(path, SQLITE_OPEN_READONLY);
  reader.execute("BEGIN");
  EXPECT_EQ(reader.value("SELECT count(*) FROM participants"), "1");
  add_participant("b");
  EXPECT_EQ(reader.value("SELECT count(*) FROM participants"), "1") << "a reader's transaction sees one state";
  reader.execute("COMMIT");
  EXPECT_EQ(reader.value("SELECT count(*) FROM participants"), "2");
}

/// Runs on a separate disk of 1 MiB. Returns what went wrong.
std::string fill_a_disk(const std::string& folder) {
  const bool alone = unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
                     mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                     mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
  if (!alone) return std::string("cannot mount the disk: ") + std::strerror(errno);
  SystemClock clock;
  CollectingLog log;
  const std::string path = folder + "/db.sqlite3";
  const std::string ballast = folder + "/ballast";
  auto store = Store::open(path, clock, log);
  Fence fence;
  TaskSessionRow session;
  store->run([&](StoreTransaction& t) {
    t.register_worker(identify_this_process("worker.a"), Timestamp(clock));
    t.add_participant("bob", Timestamp(clock));
    fence = t.acquire_lease(*t.find_participant("bob"), "worker.a", Timestamp(clock)).fence;
    session = t.begin_task_session(fence, 1, "stdout", "stream", "sandbox", Timestamp(clock));
  });
  std::uint64_t end = 0;
  const auto append = [&] {
    const OutputRecord record(end, Bytes(16 * 1024, 'x'), Timestamp(clock));
    store->run([&](StoreTransaction& t) { t.append(fence, session.id, {record}); });
    end += 16 * 1024;
  };
  append();
  // A file fills half of the disk, so that removing it makes space again.
  write_bytes(ballast, std::string(400 * 1024, 'b'));
  std::string failure;
  for (int count = 0; count < 100 && failure.empty(); ++count) {
    try {
      append();
    } catch (const StoreError& error) {
      if (error.hint().empty()) return std::string("no hint: ") + error.what();
      failure = error.what();
    }
  }
  if (failure.find("disk") == std::string::npos) return "the full disk was not noticed: " + failure;
  for (int count = 0; count < 3; ++count) {
    try {
      append();
      return "written on a full disk";
    } catch (const StoreError&) {
    }
  }
  const std::string kept = Reader(path).value("SELECT sum(length(bytes)) FROM output_bytes");
  if (kept != std::to_string(end)) return "acknowledged " + std::to_string(end) + ", kept " + kept;
  std::filesystem::remove(ballast);
  append();
  store.reset();
  const std::string then = Reader(path).value("SELECT sum(length(bytes)) FROM output_bytes");
  if (then != std::to_string(end)) return "after the space came back: " + then;

  write_bytes(ballast, "");
  std::ofstream filler(ballast, std::ios::binary);
  while (filler << std::string(1024, 'b') << std::flush) {
  }
  const std::string fresh = folder + "/fresh.sqlite3";
  try {
    Store::open(fresh, clock, log);
    return "a store was made on a full disk";
  } catch (const StoreError& error) {
    if (error.hint().empty()) return std::string("no hint: ") + error.what();
  }
  return "good";
}

TEST(FullDiskTest, IsAnErrorForTheJobAndTheStoreContinuesOnceThereIsSpace) {
  TemporaryFolder folder;
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::string result;
    try {
      result = fill_a_disk(folder.path());
    } catch (const std::exception& error) {
      result = std::string("thrown: ") + error.what();
    }
    const bool written = write(ends[1], result.data(), result.size()) == static_cast<ssize_t>(result.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string result;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
    result.append(buffer, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(result, "good");
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace tellina::testing
