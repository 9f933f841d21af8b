#include "host/study/schedule.hpp"

#include <gmock/gmock.h>

namespace tellina::testing {
namespace {

FlowStep step(StepKind kind, const std::string& id) {
  FlowStep result;
  result.kind = kind;
  result.id = id;
  return result;
}

FlowStep tasks(const std::string& id, const std::string& block) {
  FlowStep result = step(StepKind::tasks, id);
  result.block = block;
  return result;
}

/// Tasks 1 and 2 are block I, 3 and 4 block II, 5 is practice.
Study crossover() {
  Study study;
  study.tasks.resize(5);
  Design& design = study.design;
  design.assignment.seed = 3;
  design.blocks = {{"I", {1, 2}, TaskOrder::fixed, std::chrono::seconds(1200)}, {"II", {4, 3}, TaskOrder::fixed, {}}};
  design.treatments = {{"assistant", "Assistant", {}, {}}, {"web", "Web search", {}, {}}};
  design.groups = crossover_groups({"I", "II"}, {"assistant", "web"});
  FlowStep consent = step(StepKind::consent, "consent-1");
  consent.text.text = "We record {block}.";
  FlowStep about = step(StepKind::questionnaire, "about");
  about.form = "about";
  FlowStep periods = step(StepKind::periods, "periods-1");
  FlowStep page = step(StepKind::page, "page-1");
  page.title = "Half {period}";
  page.text.file = "{treatment}.md";
  page.text.files = {{"assistant.md", "Ask in half {period}: {block}."}, {"web.md", "Search."}};
  FlowStep practice = step(StepKind::practice, "practice-1");
  practice.practice_tasks = {5};
  FlowStep effort = step(StepKind::questionnaire, "questionnaire-2");
  effort.form = "effort";
  periods.steps = {page, practice, tasks("tasks-1", "{block}"), effort};
  periods.between = {step(StepKind::pause, "break-1")};
  design.flow = {consent, about, periods};
  FormField field;
  field.name = "tools";
  field.type = FieldType::choices;
  field.options = {"a", "b", "c", "d", "e", "f"};
  field.has_random_order = true;
  design.forms = {{"about", "About you", {}, {field}}, {"effort", "This half", {}, {}}};
  design.forms[1].text.text = "How was {treatment}?";
  return study;
}

/// "POSITION STEP KIND TASK PERIOD BLOCK TREATMENT [practice]" of each entry.
std::vector<std::string> lines(const Schedule& schedule) {
  std::vector<std::string> result;
  for (const ScheduleEntry& entry : schedule) {
    result.push_back(std::to_string(entry.position) + " " + entry.step_id + " " + std::string(to_string(entry.kind)) +
                     " " + std::to_string(entry.task) + " " + std::to_string(entry.period) + " " + entry.block + "/" +
                     entry.treatment + (entry.is_practice ? " practice" : ""));
  }
  return result;
}

TEST(Schedule, WithoutFlowHasAllTasksInOrder) {
  Study study;
  study.tasks.resize(3);
  const std::vector<std::string> all{"1 tasks-1 task 1 0 all/", "2 tasks-1 task 2 0 all/", "3 tasks-1 task 3 0 all/"};
  EXPECT_EQ(lines(make_schedule(study, {})), all);
  EXPECT_EQ(lines(first_part(study)), all);
  EXPECT_FALSE(needs_flow(study));
  EXPECT_FALSE(assignment_point(study.design));
  study.design.flow = {tasks("tasks-1", "*")};
  EXPECT_EQ(lines(make_schedule(study, {})), all);
  EXPECT_FALSE(needs_flow(study));
}

TEST(Schedule, PassesTheStepsOncePerPeriod) {
  const Study study = crossover();
  const std::vector<std::string> expected{
      "1 consent-1 consent 0 0 /",
      "2 about questionnaire 0 0 /",
      "3 page-1.1 page 0 1 II/web",
      "4 practice-1.1 task 5 1 II/web practice",
      "5 tasks-1.1 task 4 1 II/web",
      "6 tasks-1.1 task 3 1 II/web",
      "7 questionnaire-2.1 questionnaire 0 1 II/web",
      "8 break-1.1 break 0 0 /",
      "9 page-1.2 page 0 2 I/assistant",
      "10 practice-1.2 task 5 2 I/assistant practice",
      "11 tasks-1.2 task 1 2 I/assistant",
      "12 tasks-1.2 task 2 2 I/assistant",
      "13 questionnaire-2.2 questionnaire 0 2 I/assistant",
  };
  const Schedule schedule = make_schedule(study, {"4", 0, "main", 1});
  EXPECT_EQ(lines(schedule), expected);
  EXPECT_EQ(count_tasks(schedule, false), 4);
  EXPECT_EQ(count_tasks(schedule, true), 6);
  EXPECT_TRUE(needs_flow(study));
}

TEST(Schedule, BeginsWithTheFirstPartInEachGroup) {
  Study study = crossover();
  EXPECT_EQ(assignment_point(study.design), "periods-1");
  const Schedule first = first_part(study);
  EXPECT_EQ(first.size(), 2u);
  for (const Group& group : study.design.groups) {
    Schedule whole = make_schedule(study, {group.name, 0, "main", 1});
    whole.resize(first.size());
    EXPECT_EQ(whole, first);
  }
  study.design.assignment.at = "about";
  EXPECT_EQ(first_part(study).size(), 1u);
}

TEST(Schedule, NeedsAGroupBeforeABlockWhoseOrderIsNotFixed) {
  Study study = crossover();
  study.design.groups.clear();
  study.design.flow = {step(StepKind::page, "page-1"), tasks("tasks-1", "I"), tasks("tasks-2", "II")};
  EXPECT_FALSE(assignment_point(study.design));
  EXPECT_EQ(first_part(study).size(), 5u);
  study.design.blocks[1].order = TaskOrder::latin_square;
  EXPECT_EQ(assignment_point(study.design), "tasks-2");
  EXPECT_EQ(first_part(study).size(), 3u);
  EXPECT_EQ(make_schedule(study, {"", 0, "main", 1})[3].task, 4);
  EXPECT_EQ(make_schedule(study, {"", 1, "main", 1})[3].task, 3);
}

TEST(Schedule, LeavesPracticeTasksOutOfAllTasks) {
  Study study = crossover();
  study.design.groups.clear();
  FlowStep practice = step(StepKind::practice, "practice-1");
  practice.practice_tasks = {2, 5};
  study.design.flow = {practice, tasks("tasks-1", "*")};
  EXPECT_EQ(
      lines(make_schedule(study, {})),
      (std::vector<std::string>{"1 practice-1 task 2 0 / practice", "2 practice-1 task 5 0 / practice",
                                "3 tasks-1 task 1 0 all/", "4 tasks-1 task 3 0 all/", "5 tasks-1 task 4 0 all/"}));
}

TEST(ScheduleEntry, LeadsToWhatBelongsToIt) {
  const Study study = crossover();
  const Schedule schedule = make_schedule(study, {"1", 0, "main", 1});
  EXPECT_EQ(text_of(study, schedule[0]), "We record {block}.") << "nothing is replaced outside of periods";
  EXPECT_EQ(text_of(study, schedule[2]), "Ask in half 1: I.");
  EXPECT_EQ(title_of(study, schedule[2]), "Half 1");
  EXPECT_EQ(title_of(study, schedule[1]), "About you");
  EXPECT_EQ(text_of(study, schedule[6]), "How was assistant?");
  EXPECT_EQ(treatment_of(study, schedule[0]), nullptr);
  EXPECT_EQ(treatment_of(study, schedule[4])->title, "Assistant");
  EXPECT_EQ(block_limit(study, schedule[3]), std::nullopt) << "practice has no clock";
  EXPECT_EQ(block_limit(study, schedule[4]), std::chrono::seconds(1200));
  EXPECT_EQ(text_of(study, schedule[8]), "Search.");
  EXPECT_EQ(block_limit(study, schedule[10]), std::nullopt);
  EXPECT_EQ(step_of(study, schedule[7])->kind, StepKind::pause);
  EXPECT_FALSE(form_of(study, schedule[0], "P001"));
}

TEST(ScheduleEntry, SurvivesAStoreThatKeepsItsMembers) {
  const Study study = crossover();
  for (const ScheduleEntry& entry : make_schedule(study, {"2", 0, "main", 1})) {
    const ScheduleEntry kept{entry.position,  entry.step_id,    *entry_kind_named(to_string(entry.kind)),
                             entry.task,      entry.period,     entry.block,
                             entry.treatment, entry.is_practice};
    EXPECT_EQ(kept, entry);
    EXPECT_EQ(step_of(study, kept), step_of(study, entry));
    EXPECT_NE(step_of(study, kept), nullptr);
  }
  EXPECT_EQ(entry_kind_named("periods"), std::nullopt);
}

TEST(ScheduleEntry, OfAStepThatTheStudyLacksHasNoText) {
  const Study study = crossover();
  const ScheduleEntry entry{.position = 1, .step_id = "gone", .kind = EntryKind::page, .block = "", .treatment = ""};
  EXPECT_EQ(step_of(study, entry), nullptr);
  EXPECT_EQ(text_of(study, entry), "");
  EXPECT_EQ(title_of(study, entry), "");
}

TEST(ScheduleEntry, ShufflesOptionsForEachParticipant) {
  const Study study = crossover();
  const Schedule schedule = make_schedule(study, {"1", 0, "main", 1});
  const auto options = [&](const std::string& participant) {
    return form_of(study, schedule[1], participant)->fields[0].options;
  };
  EXPECT_EQ(options("P001"), options("P001"));
  EXPECT_NE(options("P001"), options("P002"));
  EXPECT_THAT(options("P002"), ::testing::UnorderedElementsAre("a", "b", "c", "d", "e", "f"));
}

TEST(PeriodNames, ReplaceOnlyTheirNames) {
  const PeriodNames names{"I", "{period}", 2};
  EXPECT_EQ(replace_period_names("{block}, {treatment}, {period}{x}{ block}{", names), "I, {period}, 2{x}{ block}{");
  EXPECT_EQ(replace_period_names("{block}", {}), "{block}");
}

}  // namespace
}  // namespace tellina::testing
