#include "host/study/simulation.hpp"

#include <gmock/gmock.h>

#include "host/study/draws.hpp"

namespace tellina::testing {
namespace {

Design crossover() {
  Design design;
  design.groups = crossover_groups({"I", "II"}, {"assistant", "web"});
  design.assignment.seed = 20261201;
  return design;
}

SimulationSettings twenty_percent_dropouts() {
  SimulationSettings settings;
  settings.arrivals = 60;
  settings.dropout = 0.2;
  return settings;
}

/// What a study without a method would do.
std::optional<GroupChoice> at_random(const Design& design, std::span<const GroupCounts> counts,
                                     const Arrival& arrival) {
  Draws draws(design.assignment.seed, arrival.stage, "at random", arrival.number);
  return GroupChoice{counts[draws.below(counts.size())].group, 0, arrival.stage, arrival.number};
}

/// Ignores who is under way.
std::optional<GroupChoice> by_completed(const Design& design, std::span<const GroupCounts> counts,
                                        const Arrival& arrival) {
  std::vector<GroupCounts> completed(counts.begin(), counts.end());
  for (GroupCounts& group : completed) group.under_way = 0;
  return choose_group(design, completed, arrival);
}

TEST(Simulation, ShowsHowMuchBetterLeastFilledIs) {
  Design design = crossover();
  const SimulationSettings settings = twenty_percent_dropouts();
  const SimulationResult random = simulate(design, settings, at_random);
  EXPECT_EQ(random.completed, 48);
  EXPECT_NEAR(random.difference.mean, 7, 0.5);
  EXPECT_NEAR(random.difference.most, 13, 1);
  const SimulationResult least_filled = simulate(design, settings);
  EXPECT_NEAR(least_filled.difference.mean, 1.8, 0.5);
  EXPECT_EQ(least_filled.difference.most, 3);
  design.assignment.method = AssignmentMethod::in_turn;
  const SimulationResult in_turn = simulate(design, settings);
  EXPECT_NEAR(in_turn.difference.mean, 3.3, 0.5);
  EXPECT_NEAR(in_turn.difference.most, 6, 1);
}

TEST(Simulation, ShowsWhyThoseUnderWayCount) {
  const Design design = crossover();
  SimulationSettings settings = twenty_percent_dropouts();
  const SimulationResult slow = simulate(design, settings, by_completed);
  EXPECT_NEAR(slow.difference.mean, 4.5, 0.5);
  EXPECT_NEAR(slow.difference.most, 8, 1);
  settings.every = std::chrono::minutes(2);
  const SimulationResult quick = simulate(design, settings, by_completed);
  EXPECT_NEAR(quick.difference.mean, 13, 0.5);
  EXPECT_NEAR(quick.difference.most, 21, 2);
}

TEST(Simulation, EndsWithGroupsEqualToTheirTargets) {
  Design design = crossover();
  design.assignment.target_per_group = 12;
  const SimulationResult result = simulate(design, twenty_percent_dropouts());
  EXPECT_EQ(result.completed, 48);
  EXPECT_EQ(result.difference.mean, 0);
  EXPECT_EQ(result.difference.most, 0);
  EXPECT_NEAR(result.needed.mean, 60, 0.5);
  EXPECT_NEAR(result.needed.most, 67, 1);
  EXPECT_EQ(result.unfinished, 0);
  EXPECT_THAT(result.completed_by_group, ::testing::Each(12));
}

TEST(Simulation, GivesTheSameResultTwice) {
  const Design design = crossover();
  const SimulationResult one = simulate(design, twenty_percent_dropouts());
  const SimulationResult other = simulate(design, twenty_percent_dropouts());
  EXPECT_EQ(one.difference.mean, other.difference.mean);
  EXPECT_EQ(one.needed.mean, other.needed.mean);
  EXPECT_EQ(one.completed_by_group, other.completed_by_group);
}

TEST(Simulation, NeedsMoreParticipantsForAGroupThatLosesMany) {
  Design design = crossover();
  design.assignment.target_per_group = 12;
  SimulationSettings settings = twenty_percent_dropouts();
  settings.runs = 50;
  settings.dropout_of = {{"2", 0.6}};
  const SimulationResult result = simulate(design, settings);
  EXPECT_EQ(result.difference.most, 0);
  EXPECT_NEAR(result.needed.mean, 3 * 12 / 0.8 + 12 / 0.4, 3);
}

TEST(Simulation, LeavesClosedGroupsOut) {
  Design design = crossover();
  design.assignment.target_per_group = 3;
  design.assignment.closed = {"1"};
  SimulationSettings settings = twenty_percent_dropouts();
  settings.runs = 20;
  const SimulationResult result = simulate(design, settings);
  EXPECT_EQ(result.completed, 9);
  EXPECT_EQ(result.difference.most, 0);
  EXPECT_THAT(result.completed_by_group, ::testing::ElementsAre(0, 3, 3, 3));
  design.assignment.closed = {"1", "2", "3", "4"};
  EXPECT_EQ(simulate(design, settings).completed, 0);
}

TEST(Simulation, WorksWithoutGroups) {
  SimulationSettings settings = twenty_percent_dropouts();
  settings.runs = 20;
  const SimulationResult result = simulate(Design(), settings);
  EXPECT_EQ(result.completed, 48);
  EXPECT_THAT(result.completed_by_group, ::testing::ElementsAre(48));
}

}  // namespace
}  // namespace tellina::testing
