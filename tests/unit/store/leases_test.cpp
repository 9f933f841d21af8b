#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/limits.hpp"
#include "store_fixture.hpp"
#include "support/no_descriptors.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LeasesTest : public StoreTest {
 protected:
  LeasesTest() {
    add_worker("worker.a");
    add_worker("worker.b");
    bob = add_participant("bob");
  }
  std::vector<ParticipantId> renew(const std::string& worker) {
    return get<std::vector<ParticipantId>>([&](StoreTransaction& t) { return t.renew_leases(worker, now()); });
  }
  std::vector<ParticipantId> orphans() {
    return get<std::vector<ParticipantId>>([&](StoreTransaction& t) { return t.find_orphans(now()); });
  }
  std::vector<std::string> retire() {
    return get<std::vector<std::string>>([&](StoreTransaction& t) { return t.retire_dead_workers(now()); });
  }
  void expect_lost(const Fence& fence, TaskSessionId session) {
    EXPECT_THROW(append(fence, session, {InputRecord(0, "x", now())}), LeaseLost);
    EXPECT_THROW(end(fence, session, TaskSessionState::passed), LeaseLost);
    EXPECT_THROW(run([&](StoreTransaction& t) { t.set_sandbox(fence, session, "other", {}); }), LeaseLost);
    EXPECT_THROW(begin(fence, 2), LeaseLost);
    EXPECT_THROW(run([&](StoreTransaction& t) { t.release_lease(fence, now(), true); }), LeaseLost);
  }

  ParticipantId bob = 0;
};

TEST_F(LeasesTest, ALiveLeaseStaysWithItsWorkerAndNamesIt) {
  const LeaseResult first = acquire(bob, "worker.a");
  ASSERT_TRUE(first.acquired);
  EXPECT_EQ(first.progress.access_code, "bob");
  EXPECT_FALSE(first.taken_over);
  pass(milliseconds(2999));
  const LeaseResult other = acquire(bob, "worker.b");
  EXPECT_FALSE(other.acquired);
  EXPECT_EQ(other.owner, "worker.a");
}

TEST_F(LeasesTest, TheSameWorkerAskingAgainKeepsItsFence) {
  const LeaseResult first = acquire(bob, "worker.a");
  pass(seconds(1));
  const LeaseResult again = acquire(bob, "worker.a");
  ASSERT_TRUE(again.acquired);
  EXPECT_EQ(again.fence.number, first.fence.number);
  EXPECT_FALSE(again.taken_over);
}

TEST_F(LeasesTest, AnExpiredLeaseGoesToAnotherWorkerAndTheOldOneWritesNothing) {
  const Fence old = acquire(bob, "worker.a").fence;
  const TaskSessionRow session = begin(old);
  pass(seconds(2));
  EXPECT_THAT(renew("worker.a"), ElementsAre(bob));
  pass(milliseconds(3500));
  const LeaseResult taken = acquire(bob, "worker.b");
  ASSERT_TRUE(taken.acquired);
  EXPECT_TRUE(taken.taken_over);
  EXPECT_EQ(taken.previous_owner, "worker.a");
  EXPECT_GT(taken.fence.number, old.number);
  expect_lost(old, session.id);
  EXPECT_THAT(renew("worker.a"), IsEmpty());
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM input_bytes"), "0");
}

TEST_F(LeasesTest, NothingIsChargedWhileTheClockIsStoppedEvenAfterTheOwnersDeath) {
  const Fence owner = acquire(bob, "worker.a").fence;
  const TaskSessionRow session = begin(owner);
  EXPECT_FALSE(progress(bob).latest->clock_stands);
  const auto set_clock = [&](std::chrono::nanoseconds charged, std::optional<MonotonicTime> since) {
    run([&](StoreTransaction& t) { t.set_clock(owner, session.id, charged, since); });
  };
  set_clock(seconds(1), {});
  pass(seconds(2));
  renew("worker.a");
  EXPECT_TRUE(progress(bob).latest->clock_stands);
  EXPECT_EQ(progress(bob).latest->charged, seconds(1));
  set_clock(seconds(1), now().monotonic);
  pass(seconds(2));
  EXPECT_FALSE(progress(bob).latest->clock_stands);
  EXPECT_EQ(progress(bob).latest->charged, seconds(3));
  set_clock(seconds(3), {});
  renew("worker.a");
  pass(seconds(60));
  EXPECT_EQ(acquire(bob, "worker.b").progress.latest->charged, seconds(3));
  EXPECT_FALSE(progress(bob).latest->clock_stands) << "its new owner's clock runs";
  EXPECT_THROW(set_clock(seconds(9), {}), LeaseLost);
}

TEST_F(LeasesTest, ATakeOverNamesRecordedInputThatNoShellIsKnownToHave) {
  const Fence first = acquire(bob, "worker.a").fence;
  const TaskSessionRow session = begin(first);
  const auto hand_over = [&](const Fence& fence, std::uint64_t offset, const std::vector<Record>& records) {
    return get<std::uint64_t>([&](StoreTransaction& t) { return t.append(fence, session.id, records, offset); });
  };
  EXPECT_EQ(hand_over(first, 3, {InputRecord(0, "abcdef", now())}), 3U);
  EXPECT_EQ(hand_over(first, 4, {}), 4U);
  EXPECT_EQ(hand_over(first, 2, {}), 4U) << "the offset never decreases";
  pass(seconds(4));
  const Fence second = acquire(bob, "worker.b").fence;
  const std::string gaps =
      "SELECT group_concat(stream || ' ' || from_offset || ' ' || to_offset || ' ' || reason) FROM gaps "
      "WHERE stream = 'input'";
  EXPECT_EQ(Reader(path).value(gaps), "input 4 6 not_handed_over");
  EXPECT_EQ(hand_over(second, 99, {InputRecord(6, "gh", now())}), 8U) << "no further than it is recorded";
  pass(seconds(4));
  const Fence third = acquire(bob, "worker.a").fence;
  EXPECT_EQ(Reader(path).value(gaps), "input 4 6 not_handed_over")
      << "all other input was handed over, or is in a gap already";

  // An owner that releases its lease in an orderly way records what happened to the rest.
  hand_over(third, 0, {InputRecord(8, "ij", now())});
  run([&](StoreTransaction& t) { t.release_lease(third, now(), true); });
  const Fence fourth = acquire(bob, "worker.b").fence;
  hand_over(fourth, 0, {InputRecord(10, "kl", now())});
  pass(seconds(4));
  acquire(bob, "worker.a");
  EXPECT_EQ(Reader(path).value(gaps), "input 4 6 not_handed_over,input 10 12 not_handed_over");
}

TEST_F(LeasesTest, OutputContinuesBehindWhatEachOfSeveralDeadOwnersCanHaveSent) {
  begin(acquire(bob, "worker.a").fence);
  pass(seconds(4));
  // An owner that dies before it could record anything.
  EXPECT_EQ(acquire(bob, "worker.b").progress.latest->output_end, limits::take_over_jump);
  pass(seconds(4));
  const LeaseResult last = acquire(bob, "worker.a");
  EXPECT_EQ(last.progress.latest->output_end, 2 * limits::take_over_jump);
  EXPECT_THAT(Reader(path).rows("SELECT stream, from_offset, to_offset, reason FROM gaps"),
              ElementsAre("output|0|1048576|worker_lost", "output|1048576|2097152|worker_lost"));
  run([&](StoreTransaction& t) { t.release_lease(last.fence, now(), true); });
  EXPECT_EQ(acquire(bob, "worker.b").progress.latest->output_end, 2 * limits::take_over_jump)
      << "an orderly owner has recorded all output";
}

TEST_F(LeasesTest, InputOfAnOlderVersionsRowCountsAsHandedOver) {
  const Fence first = acquire(bob, "worker.a").fence;
  const TaskSessionRow session = begin(first);
  append(first, session.id, {InputRecord(0, "abc", now())});
  Reader(path).execute("UPDATE task_sessions SET input_handed_over = NULL");
  pass(seconds(4));
  const Fence second = acquire(bob, "worker.b").fence;
  append(second, session.id, {InputRecord(3, "d", now())});
  pass(seconds(4));
  acquire(bob, "worker.a");
  EXPECT_EQ(Reader(path).value("SELECT group_concat(from_offset || ' ' || to_offset) FROM gaps WHERE stream = 'input'"),
            "3 4");
}

TEST_F(LeasesTest, OnlyAReturnedLeaseWasLeftInOrder) {
  const Fence first = acquire(bob, "worker.a").fence;
  const TaskSessionRow session = begin(first);
  append(first, session.id,
         {OutputRecord(0, "abc", now()), GapRecord(StreamName::output, 3, 10, "worker_lost", now()),
          OutputRecord(10, "de", now())});
  run([&](StoreTransaction& t) { t.release_lease(first, now(), true); });
  const LeaseResult second = acquire(bob, "worker.b");
  EXPECT_TRUE(second.taken_over);
  EXPECT_TRUE(second.released_in_order);
  EXPECT_EQ(second.progress.latest->output_end, 12U);
  EXPECT_EQ(second.progress.latest->output_size, 5U);
  pass(seconds(4));
  const LeaseResult third = acquire(bob, "worker.a");
  EXPECT_TRUE(third.taken_over);
  EXPECT_FALSE(third.released_in_order) << "its owner's lease lapsed";
}

TEST_F(LeasesTest, AnInterruptedTaskIsASeparateOutcome) {
  const Fence owner = acquire(bob, "worker.a").fence;
  end(owner, begin(owner).id, TaskSessionState::interrupted);
  EXPECT_EQ(progress(bob).latest->state, TaskSessionState::interrupted);
  EXPECT_EQ(Reader(path).value("SELECT state FROM results"), "interrupted");
}

TEST_F(LeasesTest, TimeThatNobodyOwnedIsNotChargedAndIsRecorded) {
  const Fence old = acquire(bob, "worker.a").fence;
  pass(seconds(1));
  begin(old);
  pass(seconds(2));
  renew("worker.a");
  EXPECT_EQ(progress(bob).latest->charged, seconds(2));
  pass(milliseconds(2500));
  EXPECT_EQ(progress(bob).latest->charged, milliseconds(4500)) << "with a live owner: charged up to now";
  pass(seconds(60));
  EXPECT_EQ(progress(bob).latest->charged, seconds(2)) << "with a lapsed lease: charged up to the last renewal";
  const LeaseResult taken = acquire(bob, "worker.b");
  EXPECT_EQ(taken.progress.latest->charged, seconds(2));
  pass(seconds(1));
  EXPECT_EQ(progress(bob).latest->charged, seconds(3));

  Reader reader(path);
  EXPECT_EQ(reader.value("SELECT kind || ' ' || detail FROM events"), "interrupted {\"unowned_in_seconds\": 62.500}");
  EXPECT_EQ(reader.value("SELECT time_spent_in_seconds FROM results"), "2.0");
  renew("worker.b");
  EXPECT_EQ(reader.value("SELECT time_spent_in_seconds FROM results"), "3.0");
}

TEST_F(LeasesTest, ASessionWhoseOwnerDiedBeforeItsFirstRenewalIsChargedNothing) {
  const Fence old = acquire(bob, "worker.a").fence;
  pass(milliseconds(2900));
  begin(old);
  pass(seconds(10));
  EXPECT_EQ(acquire(bob, "worker.b").progress.latest->charged, seconds(0));
}

TEST_F(LeasesTest, AReleasedLeaseChargesUpToTheRelease) {
  const Fence old = acquire(bob, "worker.a").fence;
  begin(old);
  pass(milliseconds(1700));
  run([&](StoreTransaction& t) { t.release_lease(old, now(), true); });
  EXPECT_THAT(orphans(), ElementsAre(bob));
  pass(seconds(30));
  EXPECT_EQ(progress(bob).latest->charged, milliseconds(1700));
  const LeaseResult next = acquire(bob, "worker.b");
  EXPECT_TRUE(next.taken_over);
  EXPECT_EQ(next.previous_owner, "worker.a");
  EXPECT_EQ(next.progress.latest->charged, milliseconds(1700));
  pass(seconds(1));
  EXPECT_EQ(progress(bob).latest->charged, milliseconds(2700));
  EXPECT_EQ(Reader(path).value("SELECT detail FROM events"), "{\"unowned_in_seconds\": 30.000}");
}

TEST_F(LeasesTest, AFreeLeaseWithoutARunningTaskIsNoTakeOver) {
  const Fence old = acquire(bob, "worker.a").fence;
  end(old, begin(old).id, TaskSessionState::passed);
  pass(seconds(10));
  EXPECT_THAT(orphans(), IsEmpty());
  const LeaseResult next = acquire(bob, "worker.b");
  EXPECT_TRUE(next.acquired);
  EXPECT_FALSE(next.taken_over);
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM events"), "0");
}

TEST_F(LeasesTest, OrphansAreRunningSessionsThatNoLiveWorkerOwns) {
  const ParticipantId alice = add_participant("alice");
  begin(acquire(bob, "worker.a").fence);
  acquire(alice, "worker.a");
  EXPECT_THAT(orphans(), IsEmpty());
  pass(milliseconds(3001));
  EXPECT_THAT(orphans(), ElementsAre(bob));
  renew("worker.a");
  EXPECT_THAT(orphans(), IsEmpty());
}

TEST_F(LeasesTest, ADeadWorkersLeasesExpireAtOnce) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (;;) pause();
  }
  WorkerIdentity worker = identify_this_process("worker.child");
  worker.process_id = child;
  std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
  std::string field;
  for (int count = 1; count <= 22; ++count) stat >> field;
  worker.process_start_ticks = std::stoull(field);
  run([&](StoreTransaction& t) { t.register_worker(worker, now()); });
  begin(acquire(bob, "worker.child").fence);
  pass(seconds(1));
  renew("worker.child");
  EXPECT_THAT(retire(), IsEmpty()) << "it lives";
  EXPECT_FALSE(acquire(bob, "worker.b").acquired);

  ASSERT_EQ(kill(child, SIGKILL), 0);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_THAT(retire(), ElementsAre("worker.child")) << "a zombie is dead";
  waitpid(child, nullptr, 0);
  EXPECT_THAT(retire(), IsEmpty()) << "each is named once";
  EXPECT_THAT(orphans(), ElementsAre(bob));
  EXPECT_EQ(progress(bob).latest->charged, seconds(1));
  const LeaseResult taken = acquire(bob, "worker.b");
  EXPECT_TRUE(taken.taken_over);
  EXPECT_EQ(taken.previous_owner, "worker.child");
  EXPECT_EQ(taken.progress.latest->charged, seconds(1));
}

/// Dead workers, and who removes their sandboxes.
class SweepsTest : public LeasesTest {
 protected:
  using Ids = std::vector<std::string>;
  /// Registers a worker whose process is gone.
  void add_dead(const std::string& id, const std::string& plugin = "", const std::string& settings = "") {
    WorkerIdentity dead = identify_this_process(id);
    dead.process_start_ticks -= 1;
    run([&](StoreTransaction& t) { t.register_worker(dead, now(), choice(plugin, settings)); });
  }
  void kill(const std::string& id) {
    Reader(path).execute("UPDATE workers SET process_start_ticks = process_start_ticks - 1 WHERE id = '" + id + "'");
    retire();
  }
  static SandboxBackendChoice choice(const std::string& plugin, const std::string& settings) {
    SandboxBackendChoice backend;
    backend.plugin = plugin;
    backend.settings = settings;
    return backend;
  }
  Ids claim(const std::string& worker, const std::string& plugin = "chroot", const std::string& settings = "") {
    return get<Ids>([&](StoreTransaction& t) { return t.claim_sweeps(worker, choice(plugin, settings)); });
  }
  Ids claim_of_others(const std::string& worker, const std::string& plugin, const std::string& settings = "") {
    const auto found = get<std::vector<UnsweptWorker>>(
        [&](StoreTransaction& t) { return t.claim_sweeps_of_others(worker, choice(plugin, settings)); });
    Ids texts;
    for (const UnsweptWorker& one : found) texts.push_back(one.id + " " + one.backend.plugin + one.backend.settings);
    return texts;
  }
  void record(const std::string& id) {
    run([&](StoreTransaction& t) { t.record_sweep(id, now()); });
  }
};

TEST_F(SweepsTest, OneLivingWorkerSweepsUntilItHasRecordedThat) {
  for (const char* id : {"worker.x", "worker.y"}) add_dead(id);
  EXPECT_THAT(claim("worker.a"), IsEmpty()) << "nobody is retired";
  retire();
  EXPECT_THAT(claim("worker.a"), ElementsAre("worker.x", "worker.y"));
  EXPECT_THAT(claim("worker.b"), IsEmpty());
  record("worker.x");
  EXPECT_THAT(claim("worker.a"), ElementsAre("worker.y"));
  reopen();
  EXPECT_THAT(claim("worker.b"), IsEmpty());
  record("worker.y");
  EXPECT_THAT(claim("worker.a"), IsEmpty());
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM workers WHERE sandboxes_removed_at IS NOT NULL"), "2");
}

TEST_F(SweepsTest, TheNextWorkerSweepsAfterASweeperThatDied) {
  add_dead("worker.x");
  retire();
  ASSERT_THAT(claim("worker.a"), ElementsAre("worker.x"));
  kill("worker.a");
  EXPECT_THAT(claim("worker.b"), ElementsAre("worker.a", "worker.x"));
  kill("worker.b");
  add_worker("worker.c");
  EXPECT_THAT(claim("worker.c"), ElementsAre("worker.a", "worker.b", "worker.x"));
  record("worker.x");
  kill("worker.c");
  add_worker("worker.d");
  EXPECT_THAT(claim("worker.d"), ElementsAre("worker.a", "worker.b", "worker.c")) << "what is recorded is done";
}

TEST_F(SweepsTest, EachBackendsSandboxesAreSweptByIt) {
  add_dead("worker.chroot", "chroot", "{}");
  add_dead("worker.docker", "docker", R"({"socket":"/s"})");
  add_dead("worker.old");
  retire();
  EXPECT_THAT(claim_of_others("worker.b", "chroot", "{}"), ElementsAre(R"(worker.docker docker{"socket":"/s"})"));
  EXPECT_THAT(claim("worker.a", "docker"), ElementsAre("worker.old")) << "worker.b sweeps the other";
  EXPECT_THAT(claim_of_others("worker.a", "docker"), ElementsAre("worker.chroot chroot{}"));
  EXPECT_THAT(claim("worker.b", "chroot", "{}"), IsEmpty());
  record("worker.docker");
  EXPECT_THAT(claim_of_others("worker.b", "chroot", "{}"), IsEmpty());
}

TEST_F(SweepsTest, SandboxesOfTheSamePluginWithOtherSettingsMayBeElsewhere) {
  add_dead("worker.here", "docker", R"({"socket":"/s"})");
  add_dead("worker.there", "docker", R"({"socket":"/t"})");
  add_dead("worker.unset", "docker");
  retire();
  EXPECT_THAT(claim("worker.a", "docker", R"({"socket":"/s"})"), ElementsAre("worker.here"));
  EXPECT_THAT(claim_of_others("worker.a", "docker", R"({"socket":"/s"})"),
              ElementsAre(R"(worker.there docker{"socket":"/t"})", "worker.unset docker{}"));
  record("worker.there");
  record("worker.unset");
  EXPECT_THAT(claim_of_others("worker.a", "docker", R"({"socket":"/s"})"), IsEmpty());
}

TEST_F(SweepsTest, AWorkerThatRegistersAgainIsSweptAgain) {
  add_dead("worker.x", "chroot");
  retire();
  claim("worker.a");
  record("worker.x");
  record("worker.b");
  EXPECT_EQ(Reader(path).value("SELECT sandboxes_removed_at FROM workers WHERE id = 'worker.b'"), "NULL")
      << "it is not retired";
  add_dead("worker.x", "chroot");
  EXPECT_THAT(claim("worker.b"), IsEmpty());
  retire();
  EXPECT_THAT(claim("worker.b"), ElementsAre("worker.x"));
}

TEST_F(LeasesTest, WhileNoProcessCanBeExaminedNobodyIsRetired) {
  begin(acquire(bob, "worker.a").fence);
  {
    const NoDescriptors none;
    EXPECT_THAT(retire(), IsEmpty());
  }
  EXPECT_THAT(renew("worker.a"), ElementsAre(bob));
}

TEST_F(LeasesTest, AReusedProcessNumberIsAnotherProcess) {
  WorkerIdentity worker = identify_this_process("worker.old");
  worker.process_start_ticks -= 1;
  run([&](StoreTransaction& t) { t.register_worker(worker, now()); });
  EXPECT_THAT(retire(), ElementsAre("worker.old"));
}

TEST_F(LeasesTest, ARestartOfTheMachineEndsAllLeases) {
  begin(acquire(bob, "worker.a").fence);
  pass(milliseconds(500));
  renew("worker.a");
  {
    Reader reader(path);
    reader.execute("UPDATE leases SET boot_id = 'another boot', renewed_at_ns = renewed_at_ns + 1000000000000000");
    reader.execute("UPDATE task_sessions SET segment_started_ns = segment_started_ns + 1000000000000000");
    reader.execute("UPDATE workers SET boot_id = 'another boot' WHERE id = 'worker.a'");
  }
  EXPECT_THAT(orphans(), ElementsAre(bob));
  EXPECT_THAT(retire(), ElementsAre("worker.a"));
  pass(seconds(5));
  const LeaseResult taken = acquire(bob, "worker.b");
  EXPECT_TRUE(taken.taken_over);
  EXPECT_EQ(taken.progress.latest->charged, milliseconds(500));
  EXPECT_THAT(Reader(path).value("SELECT detail FROM events"), HasSubstr("\"unowned_in_seconds\": 5.0"))
      << "measured by the wall clock, because the boot clock has restarted";
}

TEST_F(LeasesTest, ALeaseFromBeforeARestartOfTheMachineIsFreeAtOnce) {
  const Fence old = acquire(bob, "worker.a").fence;
  const TaskSessionRow session = begin(old);
  // The clock of the earlier boot was far ahead, so the lease looks as if it were renewed in the future.
  Reader(path).execute("UPDATE leases SET boot_id = 'another boot', renewed_at_ns = renewed_at_ns + 1000000000000000");
  ASSERT_TRUE(acquire(bob, "worker.b").acquired);
  expect_lost(old, session.id);
}

TEST_F(LeasesTest, AResetTakesTheLeaseFromARunningOwner) {
  const Fence old = acquire(bob, "worker.a").fence;
  const TaskSessionRow session = begin(old);
  run([&](StoreTransaction& t) { t.reset_participant("bob", now()); });
  expect_lost(old, session.id);
  EXPECT_THAT(renew("worker.a"), IsEmpty());
  const LeaseResult next = acquire(bob, "worker.a");
  ASSERT_TRUE(next.acquired);
  EXPECT_GT(next.fence.number, old.number);
  EXPECT_FALSE(next.taken_over);
  EXPECT_FALSE(next.progress.latest.has_value());
}

TEST_F(LeasesTest, AWorkerThatIsNotRegisteredGetsNoLease) {
  EXPECT_THROW(acquire(bob, "worker.unknown"), StoreError);
  EXPECT_THROW(acquire(bob + 1000, "worker.a"), StoreError);
}

}  // namespace
}  // namespace tellina::testing
