#include "host/worker/sweeper.hpp"

#include <gmock/gmock.h>

#include "unit/session/scripted_sandbox.hpp"
#include "unit/store/store_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SweeperTest : public ::testing::Test {
 protected:
  void run() { sweeper.run(sweeper.due(), {}); }

  ScriptedBackend backend;
  CollectingLog log;
  Sweeper sweeper{backend, "scripted", log};
};

TEST_F(SweeperTest, RemovesEachDeadWorkersSandboxesOnce) {
  sweeper.add({"a", "b"});
  sweeper.add({"a"});
  run();
  run();
  EXPECT_THAT(backend.swept, ElementsAre("a", "b"));
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST_F(SweeperTest, WarnsOnceOfABackendThatIsDownAndRetries) {
  sweeper.add({"a"});
  backend.is_unavailable = true;
  run();
  run();
  EXPECT_THAT(log.lines(),
              ElementsAre(::testing::AllOf(HasSubstr("cannot remove the sandboxes of dead worker a; retrying"),
                                           HasSubstr("the engine is down\nstart it"))));
  backend.is_unavailable = false;
  run();
  EXPECT_THAT(backend.swept, ElementsAre("a", "a", "a"));
  EXPECT_THAT(log.lines(), ElementsAre(::testing::_, "the sandboxes of dead worker a are removed"));
  EXPECT_THAT(sweeper.due(), IsEmpty());
}

TEST_F(SweeperTest, LeavesTheNextDeadWorkerToARunThatKnowsWhatToKeep) {
  sweeper.add({"a"});
  const std::vector<OwnerId> dead = sweeper.due();
  sweeper.add({"b"});
  sweeper.run(dead, {});
  EXPECT_THAT(backend.swept, ElementsAre("a"));
  EXPECT_THAT(sweeper.due(), ElementsAre("b"));
}

TEST_F(SweeperTest, KeepsNothingIfTheBackendDoesNotAdopt) {
  sweeper.add({"a"});
  sweeper.run(sweeper.due(), {"s1", "s2"});
  EXPECT_THAT(backend.kept, ElementsAre(IsEmpty()));
  EXPECT_THAT(sweeper.due(), IsEmpty());
}

TEST_F(SweeperTest, AsksTheBackendOnceWhetherItAdoptsAndOnlyIfThatMatters) {
  sweeper.add({"a"});
  run();
  EXPECT_EQ(backend.probes, 0);
  for (const char* owner : {"b", "c"}) {
    sweeper.add({owner});
    sweeper.run(sweeper.due(), {"s1"});
  }
  EXPECT_EQ(backend.probes, 1);
}

TEST_F(SweeperTest, SweepsAgainWhenKeptSandboxesAreNoLongerInUse) {
  backend.can_adopt = true;
  sweeper.add({"a"});
  sweeper.run(sweeper.due(), {"s2", "s1"});
  sweeper.run(sweeper.due(), {"s1", "s2"});
  EXPECT_THAT(backend.kept, ElementsAre(ElementsAre("s1", "s2"))) << "nothing has changed";
  // s2 could not be adopted; s3 replaced it.
  sweeper.run(sweeper.due(), {"s1", "s3"});
  EXPECT_THAT(backend.kept, ElementsAre(::testing::_, ElementsAre("s1", "s3")));
  EXPECT_THAT(sweeper.due(), ElementsAre("a"));
  sweeper.run(sweeper.due(), {"s3"});
  EXPECT_THAT(backend.kept, ElementsAre(::testing::_, ::testing::_, ElementsAre("s3")));
  EXPECT_THAT(sweeper.due(), IsEmpty()) << "the other sandboxes never belonged to the dead worker";
}

TEST_F(SweeperTest, WaitsWhileItIsUnknownWhetherTheBackendAdopts) {
  sweeper.add({"a"});
  for (const auto outage : {&ScriptedBackend::is_unavailable, &ScriptedBackend::is_unusable}) {
    backend.*outage = true;
    sweeper.run(sweeper.due(), {"s1"});
    EXPECT_THAT(backend.kept, IsEmpty()) << "it may not be told to keep anything";
    EXPECT_THAT(sweeper.due(), ElementsAre("a"));
    backend.*outage = false;
  }
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("cannot remove the sandboxes of dead worker a; retrying: ")));
  EXPECT_EQ(sweeper.run(sweeper.due(), {"s1"}), 2U);
  EXPECT_THAT(backend.kept, ElementsAre(IsEmpty()));
  EXPECT_THAT(sweeper.due(), IsEmpty());
}

TEST_F(SweeperTest, KeepsSandboxesOfABackendThatIsUnusableAndSaysThatItAdopts) {
  sweeper.add({"a"});
  backend.is_unusable = backend.can_adopt = true;
  sweeper.run(sweeper.due(), {"s1"});
  EXPECT_THAT(backend.kept, ElementsAre(ElementsAre("s1")));
}

TEST_F(SweeperTest, NamesTheSweptWorkersUntilThatIsRecorded) {
  sweeper.add({"a", "b"});
  backend.is_unavailable = true;
  run();
  EXPECT_THAT(sweeper.removed(), IsEmpty());
  backend.is_unavailable = false;
  backend.can_adopt = true;
  sweeper.run({"a"}, {});
  sweeper.run({"b"}, {"s1"});
  EXPECT_THAT(sweeper.removed(), ElementsAre("a")) << "s1 may be b's";
  sweeper.add({"a"});
  EXPECT_THAT(sweeper.due(), ElementsAre("b")) << "a is swept already";
  Sweeper next(backend, "scripted", log);
  next.take_over(sweeper);
  EXPECT_THAT(next.removed(), ElementsAre("a"));
  next.forget(next.removed());
  EXPECT_THAT(next.removed(), IsEmpty());
  EXPECT_THAT(next.due(), ElementsAre("b"));
}

TEST_F(SweeperTest, ContinuesWithSandboxesThatAnotherCouldNotRemove) {
  sweeper.add({"a"});
  backend.is_unavailable = true;
  run();
  Sweeper next(backend, "scripted", log);
  next.take_over(sweeper);
  next.run(next.due(), {});
  EXPECT_EQ(log.lines().size(), 1U) << "the failure was logged again";
  backend.is_unavailable = false;
  next.run(next.due(), {});
  EXPECT_THAT(next.due(), IsEmpty());
}

}  // namespace
}  // namespace tellina::testing
