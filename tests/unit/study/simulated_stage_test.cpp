#include "host/study/simulated_stage.hpp"

#include <gmock/gmock.h>

namespace tellina::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class SimulatedStageTest : public ::testing::Test {
 protected:
  SimulatedStageTest() {
    design.groups = {{"a", {}}, {"b", {}}};
    design.assignment.target_per_group = 1;
  }

  /// The number that the arrival has for random draws; 0 if they are turned away.
  std::int64_t arrive(minutes at, minutes end, bool drops_out) {
    const auto choice = stage.arrive(at);
    if (!choice) return 0;
    stage.admit({*choice, end, drops_out});
    return choice->arrival_number;
  }

  Design design;
  const ChooseGroup choose = choose_group;
  SimulatedStage stage{design, "main", choose};
};

TEST_F(SimulatedStageTest, OnlyThoseWhoGetAGroupHaveANumberAsInTheStore) {
  EXPECT_EQ(arrive(minutes(0), minutes(60), false), 1);
  EXPECT_EQ(arrive(minutes(1), minutes(5), true), 2);
  EXPECT_EQ(arrive(minutes(2), minutes(60), false), 0) << "both places are held";
  EXPECT_EQ(stage.turned_away(), 1);
  EXPECT_EQ(arrive(minutes(125), minutes(200), false), 0) << "the dropout is held for two hours";
  EXPECT_EQ(arrive(minutes(126), minutes(200), false), 3);
  EXPECT_EQ(stage.visits()[2].choice.group, stage.visits()[1].choice.group);
  EXPECT_EQ(arrive(hours(100), hours(101), false), 0) << "both groups are complete";
  EXPECT_EQ(stage.turned_away(), 3);
}

}  // namespace
}  // namespace tellina::testing
