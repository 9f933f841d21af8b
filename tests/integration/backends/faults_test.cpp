/// Faults that meet several workers at once.

#include <csignal>
#include <thread>

#include <sqlite3.h>

#include "backends.hpp"

namespace tellina::testing {
namespace {

using Clock = std::chrono::steady_clock;
using Rows = std::vector<std::vector<std::string>>;

/// A lock on the database like that of another program in the middle of a change.
class ForeignLock {
 public:
  explicit ForeignLock(const std::filesystem::path& file) {
    if (sqlite3_open(file.c_str(), &m_database) != SQLITE_OK) throw std::runtime_error("cannot open " + file.string());
    sqlite3_busy_timeout(m_database, 5000);
    if (sqlite3_exec(m_database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(m_database));
    }
  }
  ForeignLock(const ForeignLock&) = delete;
  ForeignLock& operator=(const ForeignLock&) = delete;
  ~ForeignLock() { sqlite3_close(m_database); }

 private:
  sqlite3* m_database = nullptr;
};

/// Lets the clients receive for this time.
void pump_for(std::span<TestClient* const> clients, Milliseconds time) {
  const auto end = Clock::now() + time;
  for (auto left = time; left.count() > 0; left = std::chrono::ceil<Milliseconds>(end - Clock::now())) {
    TestClient::pump(clients, left);
  }
}

class Faults : public ServerTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void start(std::vector<std::string> codes) {
    m_backends.emplace(Combination(GetParam(), "strict", "chroot"), folder());
    StudyConfig config;
    config.access_codes = std::move(codes);
    config.more = m_backends->members();
    ServerTest::start(config);
  }

 private:
  std::optional<Backends> m_backends;
};

TEST_P(Faults, NoWorkerTakesAnothersSessionsWhenTheDatabaseCannotBeWrittenForLongerThanALease) {
  // With this many participants, each of the two workers has some, because new participants go to the workers in turn.
  const std::vector<std::string> codes{"p0", "p1", "p2", "p3", "p4", "p5"};
  start(codes);
  std::vector<std::unique_ptr<TestClient>> clients;
  std::vector<TestClient*> all;
  for (const std::string& code : codes) {
    clients.push_back(std::make_unique<TestClient>(join_task(code)));
    clients.back()->run("kept=$$; echo pid $$");
    all.push_back(clients.back().get());
  }
  const std::string owners = "SELECT participant_id, worker_id, fence FROM leases ORDER BY participant_id";
  const Rows before = database().rows(owners);
  ASSERT_EQ(database().value("SELECT count(DISTINCT worker_id) FROM leases"), "2");
  const std::vector<pid_t> workers = server().role_processes("worker");

  for (const double seconds : {4.0, 4.4, 12.0}) {
    std::vector<std::uint64_t> typed;
    {
      const ForeignLock lock(database_file());
      for (const TestClient* client : all) typed.push_back(client->input_end());
      const auto end = Clock::now() + std::chrono::duration<double>(seconds);
      // The time that the lock is held is what is under test.
      while (Clock::now() < end) {
        for (TestClient* client : all) client->type("x");
        pump_for(all, Milliseconds(200));
      }
      for (std::size_t i = 0; i < all.size(); ++i) EXPECT_LE(all[i]->acknowledged_input(), typed[i]);
    }
    for (TestClient* client : all) {
      client->type("\x15");
      client->expect_all_acknowledged();
    }
  }
  // Long enough for a worker to take every lease that it can.
  pump_for(all, std::chrono::seconds(6));
  for (TestClient* client : all) client->run("echo same $((kept == $$))");

  EXPECT_EQ(database().rows(owners), before);
  EXPECT_EQ(server().role_processes("worker"), workers) << "a worker was replaced that only could not write";
  EXPECT_EQ(database().rows("SELECT * FROM gaps"), Rows());
  EXPECT_EQ(database().rows("SELECT kind, detail FROM event_log WHERE kind IN ('interrupted', 'sandbox_replaced')"),
            Rows());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    EXPECT_THAT(clients[i]->output(), ::testing::HasSubstr("same 1\r\n")) << codes[i];
    expect_recorded(*clients[i], codes[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, Faults, ::testing::Values("ipc", "redis"));

}  // namespace
}  // namespace tellina::testing
