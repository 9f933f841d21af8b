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

TEST_F(SweeperTest, PutsAwayEachDeadWorkersSandboxesOnce) {
  sweeper.add({"a", "b"});
  sweeper.add({"a"});
  run();
  run();
  EXPECT_THAT(backend.swept, ElementsAre("a", "b"));
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST_F(SweeperTest, WarnsOnceOfABackendThatIsDownAndTriesAgain) {
  sweeper.add({"a"});
  backend.is_unavailable = true;
  run();
  run();
  EXPECT_THAT(log.lines(), ElementsAre(::testing::AllOf(HasSubstr("what worker a left cannot be removed"),
                                                        HasSubstr("the engine is down\nstart it"))));
  backend.is_unavailable = false;
  run();
  EXPECT_THAT(backend.swept, ElementsAre("a", "a", "a"));
  EXPECT_THAT(log.lines(), ElementsAre(::testing::_, "what worker a left is removed"));
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

TEST_F(SweeperTest, GoesOnWithWhatAnotherCouldNotPutAway) {
  sweeper.add({"a"});
  backend.is_unavailable = true;
  run();
  Sweeper next(backend, "scripted", log);
  next.take_over(sweeper);
  next.run(next.due(), {});
  EXPECT_EQ(log.lines().size(), 1U) << "that it fails has been said";
  backend.is_unavailable = false;
  next.run(next.due(), {});
  EXPECT_THAT(next.due(), IsEmpty());
}

}  // namespace
}  // namespace tellina::testing
