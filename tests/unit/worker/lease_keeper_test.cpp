#include "host/worker/lease_keeper.hpp"

#include "host/limits.hpp"
#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LeaseKeeperTest : public SessionTest {
 protected:
  LeaseKeeperTest() {
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
    leases = std::make_unique<LeaseKeeper>(environment, 0, 1, std::move(callbacks));
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

TEST_F(LeaseKeeperTest, EndsTheProcessRatherThanMixUpItsLeases) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(leases->end(participant), "assertion failed");
  EXPECT_DEATH(leases->begin_return(participant), "assertion failed");
  leases->acquire(participant);
  EXPECT_DEATH(leases->acquire(participant), "assertion failed");
}

}  // namespace
}  // namespace tellina::testing
