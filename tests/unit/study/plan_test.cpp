#include "host/study/plan.hpp"

#include <gmock/gmock.h>

#include "host/study/assignment.hpp"
#include "host/study/untimed.hpp"

namespace tellina::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

FlowStep step(StepKind kind, const std::string& id, const std::string& block = "") {
  FlowStep result;
  result.kind = kind;
  result.id = id;
  result.block = block;
  return result;
}

/// Two tasks of 10 minutes in block I, two in block II, and one to practice.
Study crossover() {
  Study study;
  study.tasks.resize(5);
  study.task_duration = minutes(10);
  for (std::size_t index = 0; index < 5; ++index) study.tasks[index].id = "t" + std::to_string(index + 1);
  Design& design = study.design;
  design.blocks = {{"I", {1, 2}, TaskOrder::random, minutes(20)}, {"II", {3, 4}, TaskOrder::random, minutes(25)}};
  design.treatments = {{"assistant", "Assistant", {}, {}}, {"web", "Web", {}, {}}};
  design.groups = crossover_groups({"I", "II"}, {"assistant", "web"});
  FlowStep periods = step(StepKind::periods, "periods-1");
  FlowStep practice = step(StepKind::practice, "practice-1");
  practice.practice_tasks = {5};
  practice.until = FlowStep::Until::passed;
  FlowStep rest = step(StepKind::pause, "break-1");
  rest.at_most = minutes(15);
  periods.steps = {step(StepKind::page, "page-1"), practice, step(StepKind::tasks, "tasks-1", "{block}")};
  periods.between = {rest};
  design.flow = {step(StepKind::consent, "consent-1"), periods};
  return study;
}

std::vector<std::string> checks(const Study& study) {
  std::vector<std::string> texts;
  for (const PlanCheck& check : make_plan(study).checks)
    texts.push_back((check.is_good ? "good: " : "bad: ") + check.text);
  return texts;
}

TEST(Plan, KnowsTheLongestTime) {
  const TimeBound time = make_plan(crossover()).time;
  EXPECT_EQ(time.tasks, minutes(40));
  EXPECT_EQ(time.practice, minutes(60));
  EXPECT_EQ(time.breaks, minutes(15));
  EXPECT_EQ(time.total(), minutes(115));
  EXPECT_THAT(time.unlimited, ElementsAre("pages"));
}

TEST(Plan, CountsTheDurationsOfTheTasks) {
  Study study = crossover();
  study.tasks[2].duration = minutes(5);
  study.tasks[4].duration = minutes(5);
  EXPECT_EQ(make_plan(study).time.tasks, minutes(35));
  EXPECT_EQ(make_plan(study).time.practice, minutes(30));
  study.tasks[4].duration = untimed;
  EXPECT_EQ(make_plan(study).time.practice, minutes(0));
  EXPECT_THAT(make_plan(study).time.unlimited, ElementsAre("pages", "untimed tasks"));
}

TEST(Plan, TakesTheTimeOfTheBlockIfItsTasksCouldTakeLonger) {
  Study study = crossover();
  study.design.blocks[0].time_limit = minutes(7);
  EXPECT_EQ(make_plan(study).time.tasks, minutes(7 + 20));
}

TEST(Plan, KnowsTasksWithTheirOwnDurationOrNone) {
  Study study = crossover();
  study.design.blocks[0].time_limit.reset();
  study.tasks[1].duration = minutes(15);
  study.tasks[4].duration = minutes(1);
  EXPECT_EQ(make_plan(study).time.tasks, minutes(10 + 15 + 20));
  EXPECT_EQ(make_plan(study).time.practice, minutes(6));
  study.tasks[0].duration = untimed;
  EXPECT_EQ(make_plan(study).time.tasks, minutes(15 + 20));
  EXPECT_THAT(make_plan(study).time.unlimited, ElementsAre("pages", "untimed tasks"));
  study.design.blocks[0].time_limit = minutes(9);
  EXPECT_EQ(make_plan(study).time.tasks, minutes(9 + 20));
  EXPECT_THAT(make_plan(study).warnings, ElementsAre("blocks.I: 2 tasks in 540 s: a slow participant reaches 1"));
  study.tasks[0].duration = minutes(8);
  EXPECT_THAT(make_plan(study).warnings, IsEmpty());
  study.tasks[0].duration = minutes(9);
  EXPECT_THAT(make_plan(study).warnings,
              ElementsAre("blocks.I: 2 tasks of up to 900 s in 540 s: a slow participant reaches 1"));
}

TEST(Plan, NamesWhatHasNoLimit) {
  Study study = crossover();
  study.design.flow[1].between[0].at_most.reset();
  FlowStep form = step(StepKind::questionnaire, "q");
  form.form = "about";
  study.design.forms = {{"about", "About", {}, {}}};
  study.design.flow.push_back(form);
  study.design.flow[1].steps[1].until = FlowStep::Until::ended;
  const TimeBound time = make_plan(study).time;
  EXPECT_THAT(time.unlimited, ElementsAre("pages", "forms", "breaks"));
  EXPECT_EQ(time.practice, minutes(20));
}

TEST(Plan, ChecksThatEachBlockMeetsEachTreatment) {
  Study study = crossover();
  EXPECT_THAT(checks(study), ElementsAre("good: every block meets every treatment in every period equally often"));
  study.design.groups.pop_back();
  EXPECT_THAT(
      checks(study),
      ElementsAre("bad: block II meets web in period 1 in 0 groups, block I meets assistant in period 1 in 1 group"));
  study.design.groups = {{"a", {{"I", ""}, {"II", ""}}}, {"b", {{"II", ""}, {"I", ""}}}};
  EXPECT_THAT(checks(study), ElementsAre("good: every block comes in every period equally often"));
  study.design.groups[1].periods = {{"I", ""}, {"II", ""}};
  EXPECT_THAT(checks(study),
              ElementsAre("bad: block II comes in period 1 in 0 groups, block I comes in period 1 in 2 groups"));
  study.design.groups.pop_back();
  EXPECT_THAT(checks(study), IsEmpty()) << "one group has nothing to balance";
}

TEST(Plan, WarnsOfABlockWhoseTimeIsTooShort) {
  Study study = crossover();
  EXPECT_THAT(make_plan(study).warnings, IsEmpty());
  study.design.blocks[0].time_limit = seconds(600);
  study.design.blocks[1].time_limit = seconds(601);
  study.design.blocks[1].tasks = {3, 4, 1};
  EXPECT_THAT(make_plan(study).warnings,
              ElementsAre("blocks.I: 2 tasks of 600 s in 600 s: a slow participant reaches 1",
                          "blocks.II: 3 tasks of 600 s in 601 s: a slow participant reaches 2"));
}

TEST(Plan, WarnsOfWhatNobodyGets) {
  Study study = crossover();
  study.tasks.resize(6);
  study.tasks[5].id = "spare";
  study.design.blocks.push_back({"III", {}, TaskOrder::fixed, {}});
  study.design.treatments.push_back({"none", "None", {}, {}});
  study.design.forms = {{"about", "About", {}, {}}};
  EXPECT_THAT(make_plan(study).warnings,
              ElementsAre("tasks[5]: \"spare\" is in no step, so nobody gets it", "blocks.III is in no step",
                          "treatments.none is in no period", "questionnaires.about is in no step"));
}

TEST(Plan, WarnsOfAnAssignmentThatCannotWork) {
  Study study = crossover();
  study.design.blocks[0].order = TaskOrder::latin_square;
  study.design.assignment.target_per_group = 3;
  study.design.assignment.closed = {"1", "2", "3", "4"};
  EXPECT_THAT(
      make_plan(study).warnings,
      ElementsAre("assignment.closed: every group is closed, so all participants are turned away",
                  "blocks.I: its latin square has 2 rows, which 3 participants per group do not get equally often"));
}

TEST(Plan, OfAStudyWithoutFlowHasOnlyItsTime) {
  Study study;
  study.tasks.resize(2);
  study.task_duration = seconds(90);
  const Plan plan = make_plan(study);
  EXPECT_THAT(plan.checks, IsEmpty());
  EXPECT_THAT(plan.warnings, IsEmpty());
  EXPECT_EQ(plan.time.total(), seconds(180));
  EXPECT_THAT(plan.time.unlimited, IsEmpty());
}

}  // namespace
}  // namespace tellina::testing
