#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "host/runtime/stderr_log.hpp"
#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;

/// A process that runs `body` with a descriptor for reports. Killed with the object.
class Child {
 public:
  explicit Child(const std::function<void(int)>& body) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    m_process = fork();
    if (m_process == 0) {
      try {
        body(ends[1]);
        _exit(0);
      } catch (const std::exception& error) {
        dprintf(STDERR_FILENO, "child: %s\n", error.what());
        _exit(1);
      }
    }
    close(ends[1]);
    m_reports = ends[0];
  }
  ~Child() {
    if (m_process > 0) stop();
    close(m_reports);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Kills it with SIGKILL and waits for its end.
  void stop() {
    kill(m_process, SIGKILL);
    wait();
  }
  int wait() {
    int status = 0;
    waitpid(m_process, &status, 0);
    m_process = 0;
    return status;
  }
  /// One number that the child has reported, or nothing when it is gone.
  std::optional<std::uint64_t> next_report() {
    std::uint64_t value = 0;
    if (read(m_reports, &value, sizeof value) != sizeof value) return std::nullopt;
    return value;
  }

 private:
  pid_t m_process = 0;
  int m_reports = -1;
};

void report(int descriptor, std::uint64_t value) {
  if (write(descriptor, &value, sizeof value) != sizeof value) _exit(1);
}

class SeveralProcessesTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Store> open(const std::string& path) {
    static SystemClock clock;
    static StderrLog log(clock, LogSettings{.lowest = LogLevel::error});
    return Store::open(path, clock, log);
  }
  static Timestamp now() { return Timestamp(SystemClock()); }
  static ParticipantId find(StoreTransaction& t) { return t.find_participant("bob").value(); }

  TemporaryFolder folder;
  const std::string path = folder / "db.sqlite3";
};

TEST_F(SeveralProcessesTest, WhatAKilledProcessHadAcknowledgedIsInTheFile) {
  Child child([this](int reports) {
    auto store = open(path);
    Fence fence;
    TaskSessionRow session;
    store->run([&](StoreTransaction& t) {
      t.register_worker(identify_this_process("worker.child"), now());
      t.add_participant("bob", now());
      fence = t.acquire_lease(find(t), "worker.child", now()).fence;
      session = t.begin_task_session(fence, 1, "stdout", "stream", "sandbox", now());
    });
    std::atomic<std::uint64_t> acknowledged = 0;
    for (std::uint64_t offset = 0;; ++offset) {
      while (offset > acknowledged + 500) std::this_thread::yield();
      store->submit(
          [=](StoreTransaction& t) {
            t.append(fence, session.id, {InputRecord(offset, Bytes(1, static_cast<char>(offset)), now())});
          },
          [&, offset, reports](std::exception_ptr error) {
            if (error) _exit(1);
            acknowledged = offset;
            report(reports, offset + 1);
          });
    }
  });
  std::uint64_t acknowledged = 0;
  while (acknowledged < 3000) {
    const std::optional<std::uint64_t> value = child.next_report();
    ASSERT_TRUE(value.has_value()) << "the child is gone after " << acknowledged;
    acknowledged = *value;
  }
  child.stop();
  while (const std::optional<std::uint64_t> value = child.next_report()) acknowledged = *value;

  auto store = open(path);
  store->run([&](StoreTransaction& t) {
    EXPECT_THAT(t.retire_dead_workers(now()), ::testing::ElementsAre("worker.child"));
    t.register_worker(identify_this_process("worker.parent"), now());
    const LeaseResult taken = t.acquire_lease(find(t), "worker.parent", now());
    EXPECT_TRUE(taken.taken_over);
    EXPECT_GE(taken.progress.latest->input_end, acknowledged);
  });
  Reader reader(path);
  EXPECT_EQ(reader.value("PRAGMA integrity_check"), "ok");
  std::uint64_t offset = 0;
  for (const std::string& row : reader.rows("SELECT stream_offset, bytes FROM input_bytes ORDER BY stream_offset")) {
    ASSERT_EQ(row, std::to_string(offset) + "|" + static_cast<char>(offset));
    ++offset;
  }
  EXPECT_GE(offset, acknowledged);
}

TEST_F(SeveralProcessesTest, OneLeaseHasOneOwner) {
  constexpr int turns = 300;
  open(path)->run([&](StoreTransaction& t) { t.add_participant("bob", now()); });
  const auto compete = [this](const std::string& worker) {
    return [this, worker](int reports) {
      auto store = open(path);
      store->run([&](StoreTransaction& t) { t.register_worker(identify_this_process(worker), now()); });
      for (int turn = 0; turn < turns;) {
        std::optional<Fence> fence;
        store->run([&](StoreTransaction& t) {
          const LeaseResult result = t.acquire_lease(find(t), worker, now());
          fence = result.acquired ? std::optional<Fence>(result.fence) : std::nullopt;
        });
        if (!fence) continue;
        store->run([&](StoreTransaction& t) { t.release_lease(*fence, now(), true); });
        report(reports, static_cast<std::uint64_t>(fence->number));
        ++turn;
      }
    };
  };
  Child first(compete("worker.first"));
  Child second(compete("worker.second"));
  std::vector<std::uint64_t> fences;
  for (Child* child : {&first, &second}) {
    while (const auto fence = child->next_report()) fences.push_back(*fence);
    EXPECT_EQ(child->wait(), 0);
  }
  std::sort(fences.begin(), fences.end());
  ASSERT_EQ(fences.size(), 2U * turns);
  for (std::size_t place = 0; place < fences.size(); ++place)
    ASSERT_EQ(fences[place], place + 1) << "a fence was given out twice";
}

TEST_F(SeveralProcessesTest, FiftySessionsOfTwoWorkersWriteWhileSomebodyReads) {
  constexpr int sessions = 25;
  constexpr int keys = 100;
  open(path);
  const auto work = [this](const std::string& worker) {
    return [this, worker](int) {
      auto store = open(path);
      std::vector<std::pair<Fence, TaskSessionId>> owned;
      store->run([&](StoreTransaction& t) {
        t.register_worker(identify_this_process(worker), now());
        for (int count = 0; count < sessions; ++count) {
          const std::string code = worker + "-" + std::to_string(count);
          t.add_participant(code, now());
          const Fence fence = t.acquire_lease(t.find_participant(code).value(), worker, now()).fence;
          owned.emplace_back(fence, t.begin_task_session(fence, 1, "stdout", "stream", "sandbox", now()).id);
        }
      });
      for (std::uint64_t key = 0; key < keys; ++key) {
        for (const auto& [fence, session] : owned) {
          store->submit(
              [=, fence = fence, session = session](StoreTransaction& t) {
                t.append(fence, session, {InputRecord(key, "k", now()), OutputRecord(2 * key, "ke", now())});
              },
              [](std::exception_ptr error) {
                if (error) _exit(2);
              });
        }
        store->run([&](StoreTransaction& t) {
          if (t.renew_leases(worker, now()).size() != sessions) throw std::runtime_error("a lease was lost");
        });
      }
    };
  };
  Child first(work("worker.first"));
  Child second(work("worker.second"));
  Reader reader(path, SQLITE_OPEN_READONLY);
  const std::string wanted = std::to_string(2 * sessions * keys);
  const auto deadline = std::chrono::steady_clock::now() + seconds(40);
  while (reader.value("SELECT count(*) FROM output_bytes") != wanted) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(reader.value("SELECT count(*) FROM task_sessions WHERE input_end = 100 AND output_end = 200"), "50");
  EXPECT_EQ(reader.value("SELECT count(*) FROM input_bytes WHERE stream_offset < 100"), wanted);
}

}  // namespace
}  // namespace tellina::testing
