#include "host/worker/lease_keeper.hpp"

#include "host/limits.hpp"
#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A store that another program keeps locked at times: its answers are failures then.
class LockableStore final : public Store {
 public:
  explicit LockableStore(Store& store) : m_store(store) {}
  void submit(Job job, Done done) override {
    if (!is_locked) return m_store.submit(std::move(job), std::move(done));
    done(std::make_exception_ptr(StoreError(ErrorCode::busy, "the database is locked")));
  }
  void submit_deferred(Job job, Done done) override { submit(std::move(job), std::move(done)); }
  void commit_waiting() override { m_store.commit_waiting(); }
  bool is_locked = false;

 private:
  Store& m_store;
};

class LeaseKeeperTest : public SessionTest {
 protected:
  LeaseKeeperTest() : lane_environment(loop, pool, lockable, backend, random, log) {
    lane_environment.worker = environment.worker;
    lane_environment.sandbox_plugin = environment.sandbox_plugin;
    store->run([&](StoreTransaction& t) {
      t.register_worker(identify_this_process("w2"), now());
      t.add_participant("alice", now());
      other = *t.find_participant("alice");
    });
    LeaseKeeper::Callbacks callbacks;
    callbacks.acquired = [this](ParticipantId whose, const LeaseResult&) { note("acquired", whose); };
    callbacks.refused = [this](ParticipantId whose, const std::string& owner) { note("refused by " + owner, whose); };
    callbacks.failed = [this](ParticipantId whose, const std::exception&) { note("failed", whose); };
    callbacks.lost = [this](ParticipantId whose) {
      note("lost", whose);
      leases->end(whose);
    };
    callbacks.renewed = [this](MonotonicTime until, bool had_lapsed) {
      EXPECT_EQ(until, leases->until());
      events.push_back(had_lapsed ? "renewed after a lapse" : "renewed");
    };
    leases = std::make_unique<LeaseKeeper>(lane_environment, 0, 1, std::move(callbacks));
    leases->start();
  }
  void note(const std::string& what, ParticipantId whose) {
    events.push_back(what + (whose == participant ? " bob" : " alice"));
  }
  std::vector<std::string> take_events() {
    wait([this] { return !events.empty(); });
    return std::exchange(events, {});
  }
  void give_to(const std::string& worker, ParticipantId whose) {
    store->run([&](StoreTransaction& t) { ASSERT_TRUE(t.acquire_lease(whose, worker, now()).acquired); });
  }

  /// Gives a living worker a running task, which the keeper could take over when the lease lapses.
  void give_task_to(const std::string& worker, ParticipantId whose) {
    store->run([&](StoreTransaction& t) {
      const LeaseResult lease = t.acquire_lease(whose, worker, now());
      t.begin_task_session(lease.fence, 1, "stdout", "s-left", "box", now());
    });
  }
  void pass(std::chrono::nanoseconds time) { loop.virtual_clock().set(loop.clock().now() + time); }
  /// One tick's renewal. The store takes so long for it.
  std::vector<std::string> tick(std::chrono::nanoseconds answer_takes = {}) {
    leases->renew();
    pass(answer_takes);
    return take_events();
  }
  /// Runs this many ticks, a second apart, each with an answer at once.
  void tick_quickly(int times) {
    for (int i = 0; i < times; ++i) {
      pass(limits::lease_renewal);
      EXPECT_THAT(tick(), ElementsAre("renewed")) << "tick " << i + 1 << " of " << times;
      loop.run_until_idle();
    }
  }

  LockableStore lockable{*store};
  SessionEnvironment lane_environment;
  ParticipantId other = 0;
  std::vector<std::string> events;
  std::unique_ptr<LeaseKeeper> leases;
};

TEST_F(LeaseKeeperTest, AcquiresALeaseThatIsFree) {
  EXPECT_TRUE(leases->is_free(participant));
  leases->acquire(participant);
  EXPECT_FALSE(leases->is_free(participant));
  EXPECT_FALSE(leases->is_held(participant)) << "the store has not answered";
  EXPECT_THAT(take_events(), ElementsAre("acquired bob"));
  EXPECT_TRUE(leases->is_held(participant));
  leases->begin_return(participant);
  EXPECT_FALSE(leases->is_held(participant));
  EXPECT_FALSE(leases->is_free(participant));
  leases->end(participant);
  EXPECT_TRUE(leases->is_free(participant));
}

TEST_F(LeaseKeeperTest, ReportsTheOwnerOfALease) {
  give_to("w2", participant);
  leases->acquire(participant);
  EXPECT_THAT(take_events(), ElementsAre("refused by w2 bob"));
  EXPECT_TRUE(leases->is_free(participant));
}

TEST_F(LeaseKeeperTest, NoticesALeaseThatAnotherWorkerHasTaken) {
  for (const ParticipantId whose : {participant, other}) {
    leases->acquire(whose);
    take_events();
  }
  loop.virtual_clock().set(loop.clock().now() + seconds(4));
  EXPECT_FALSE(leases->are_valid());
  give_to("w2", participant);
  leases->renew();
  EXPECT_THAT(take_events(), ElementsAre("lost bob", "renewed after a lapse"));
  EXPECT_TRUE(leases->is_free(participant));
  EXPECT_TRUE(leases->is_held(other));
  EXPECT_TRUE(leases->are_valid());
  leases->renew();
  EXPECT_THAT(take_events(), ElementsAre("renewed"));
}

TEST_F(LeaseKeeperTest, IgnoresALeaseThatWasAcquiredAfterTheRequest) {
  leases->renew();
  leases->acquire(participant);
  EXPECT_TRUE(wait([this] { return events.size() == 2; }));
  EXPECT_THAT(take_events(), ElementsAre("renewed", "acquired bob"));
}

TEST_F(LeaseKeeperTest, HoldsALeaseForThreeSecondsAfterTheRenewalRequest) {
  const MonotonicTime asked = loop.clock().now();
  leases->renew();
  loop.virtual_clock().set(asked + seconds(2));
  take_events();
  EXPECT_EQ(leases->until(), asked + limits::lease) << "the store's answer came later, and does not count";
}

TEST_F(LeaseKeeperTest, AcquiresLeasesThatTheStoreReportsAsOursUntilItStops) {
  give_to("w1", participant);
  leases->renew();
  EXPECT_TRUE(wait([this] { return events.size() == 2; }));
  EXPECT_THAT(take_events(), ElementsAre("renewed", "acquired bob"));
  leases->stop();
  leases->end(participant);
  leases->renew();
  EXPECT_THAT(take_events(), ElementsAre("renewed"));
  loop.run_until_idle();
  EXPECT_THAT(events, IsEmpty());
}

TEST_F(LeaseKeeperTest, TakesTheLapsedLeaseOfALivingWorkerOnlyWhereItsOwnRenewalsWereQuickForLong) {
  tick();
  tick_quickly(4);
  give_task_to("w2", participant);
  tick_quickly(2);
  pass(limits::lease_renewal);
  leases->renew();
  EXPECT_TRUE(wait([this] { return events.size() == 2; })) << "w2 alone did not renew";
  EXPECT_THAT(take_events(), ElementsAre("renewed", "acquired bob"));
}

TEST_F(LeaseKeeperTest, LeavesLeasesThatLapsedWhileNobodyCouldRenewThem) {
  tick();
  tick_quickly(6);
  give_task_to("w2", participant);
  EXPECT_THAT(tick(std::chrono::milliseconds(4200)), ElementsAre("renewed after a lapse"));
  // w2 had to wait for the file as long. Until w2 has had a chance to renew, it keeps its leases.
  EXPECT_THAT(tick(), ElementsAre("renewed after a lapse"))
      << "this renewal was requested before the slow one was answered";
  tick_quickly(4);
  store->run([&](StoreTransaction& t) { t.renew_leases("w2", now()); });
  tick_quickly(2);
  EXPECT_EQ(stored("SELECT worker_id FROM leases"), "w2");
  EXPECT_EQ(stored("SELECT count(*) FROM events WHERE kind = 'interrupted'"), "0");
}

TEST_F(LeaseKeeperTest, LeavesLapsedLeasesAfterEachRenewalThatFailed) {
  tick();
  tick_quickly(6);
  give_task_to("w2", participant);
  for (int round = 0; round < 3; ++round) {
    lockable.is_locked = true;
    for (int i = 0; i < 4; ++i) {
      pass(limits::lease_renewal);
      leases->renew();
      loop.run_until_idle();
    }
    lockable.is_locked = false;
    EXPECT_THAT(tick(), ElementsAre("renewed after a lapse"));
    tick_quickly(4);
  }
  EXPECT_THAT(events, IsEmpty());
  EXPECT_EQ(stored("SELECT worker_id FROM leases"), "w2");
  pass(limits::lease_renewal);
  leases->renew();
  EXPECT_TRUE(wait([this] { return events.size() == 2; }))
      << "w2 could have renewed for a lease's length and two ticks";
  EXPECT_THAT(take_events(), ElementsAre("renewed", "acquired bob"));
}

TEST_F(LeaseKeeperTest, RefusesAPageTheLapsedLeaseOfALivingWorkerToo) {
  tick();
  tick_quickly(6);
  give_to("w2", participant);
  // The renewal has been under way for long, and the page comes meanwhile.
  leases->renew();
  pass(std::chrono::milliseconds(3100));
  leases->acquire(participant);
  EXPECT_TRUE(wait([this] { return events.size() == 2; }));
  EXPECT_THAT(take_events(), ElementsAre("renewed after a lapse", "refused by w2 bob"));
  leases->acquire(participant);
  EXPECT_THAT(take_events(), ElementsAre("refused by w2 bob"));
}

TEST_F(LeaseKeeperTest, TakesTheLeasesOfAProcessThatIsGoneAtOnce) {
  store->run([&](StoreTransaction& t) {
    WorkerIdentity gone = identify_this_process("gone");
    ++gone.process_start_ticks;
    t.register_worker(gone, now());
  });
  give_task_to("gone", participant);
  leases->renew();
  EXPECT_TRUE(wait([this] { return events.size() == 2; }));
  EXPECT_THAT(take_events(), ElementsAre("renewed", "acquired bob"));
}

/// A worker that was killed, and its sweeper, which was killed before it had finished.
class SweptByKeeperTest : public LeaseKeeperTest {
 protected:
  SweptByKeeperTest() {
    store->run([&](StoreTransaction& t) {
      for (const char* id : {"gone", "sweeper"}) {
        WorkerIdentity gone = identify_this_process(id);
        ++gone.process_start_ticks;
        t.register_worker(gone, now());
      }
      t.retire_dead_workers(now());
      t.claim_sweeps("sweeper", SandboxBackendChoice());
    });
    backend.swept.clear();
  }
  std::string unswept() {
    return stored("SELECT count(*) FROM workers WHERE retired_at IS NOT NULL AND sandboxes_removed_at IS NULL");
  }
  void renew() {
    pass(limits::lease_renewal);
    EXPECT_THAT(tick(), ElementsAre("renewed"));
  }
  /// Renews until the backend has been asked this often.
  void renew_until_swept(std::size_t times) {
    for (int ticks = 0; backend.swept.size() < times && ticks < 10; ++ticks) {
      renew();
      wait([&] { return backend.swept.size() >= times; });
    }
    EXPECT_EQ(backend.swept.size(), times);
  }
};

TEST_F(SweptByKeeperTest, SweepsForASweeperThatDied) {
  renew_until_swept(2);
  EXPECT_THAT(backend.swept, ElementsAre("gone", "sweeper"));
  EXPECT_TRUE(wait([&] { return renew(), unswept() == "0"; }));
  renew();
  EXPECT_EQ(backend.swept.size(), 2U) << "swept again";
}

TEST_F(SweptByKeeperTest, RecordsASweepOnceTheBackendCanDoIt) {
  backend.is_unavailable = true;
  renew_until_swept(2);
  renew();
  EXPECT_EQ(unswept(), "2");
  backend.is_unavailable = false;
  EXPECT_TRUE(wait([&] { return renew(), unswept() == "0"; }));
}

TEST_F(SweptByKeeperTest, RecordsASweepOnceTheStoreCanDoIt) {
  renew_until_swept(2);
  lockable.is_locked = true;
  leases->renew();
  loop.run_until_idle();
  EXPECT_EQ(unswept(), "2");
  lockable.is_locked = false;
  EXPECT_TRUE(wait([&] { return renew(), unswept() == "0"; }));
  EXPECT_EQ(backend.swept.size(), 2U);
}

TEST_F(LeaseKeeperTest, EndsTheProcessRatherThanMixUpItsLeases) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(leases->end(participant), "assertion failed");
  EXPECT_DEATH(leases->begin_return(participant), "assertion failed");
  leases->acquire(participant);
  EXPECT_DEATH(leases->acquire(participant), "assertion failed");
}

}  // namespace
}  // namespace tellina::testing
