/// A participant's way through the steps of a study: the state machine with a record that it is read back from.

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "host/runtime/assertion.hpp"
#include "host/study/state_json.hpp"
#include "host/study/study_progress.hpp"

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace json = boost::json;

FlowStep step(StepKind kind, const std::string& id) {
  FlowStep made;
  made.kind = kind;
  made.id = id;
  made.text.text = "The text of " + id + " in {period}.";
  return made;
}

/// Consent, a page to go back to, a questionnaire, practice, two periods with a block each and a break between them,
/// and a page at the end.
Study make_study() {
  Study study;
  study.task_duration = 60s;
  study.tasks.resize(5);
  for (std::size_t index = 0; index < study.tasks.size(); ++index) {
    study.tasks[index].id = "task-" + std::to_string(index + 1);
  }
  Design& design = study.design;
  design.blocks.resize(2);
  design.blocks[0].name = "I";
  design.blocks[0].tasks = {2, 3};
  design.blocks[0].time_limit = 90s;
  design.blocks[1].name = "II";
  design.blocks[1].tasks = {4, 5};
  for (const char* const name : {"A", "B"}) {
    Treatment& treatment = design.treatments.emplace_back();
    treatment.name = name;
    treatment.title = std::string("Treatment ") + name;
  }
  design.groups = crossover_groups({"I", "II"}, {"A", "B"});
  design.assignment.seed = 1;

  Form& form = design.forms.emplace_back();
  form.name = "about";
  FormField& years = form.fields.emplace_back();
  years.name = "years";
  years.type = FieldType::number;
  years.required = true;
  FormField& quiz = form.fields.emplace_back();
  quiz.name = "quiz";
  quiz.type = FieldType::choice;
  quiz.options = {"right", "wrong"};
  quiz.correct = "right";

  FlowStep consent = step(StepKind::consent, "consent-1");
  consent.boxes = {"I am 18."};
  FlowStep about = step(StepKind::questionnaire, "about");
  about.form = "about";
  EndRule too_new;
  too_new.field = "years";
  too_new.test = EndRule::Test::less_than;
  too_new.value = 1;
  about.ends_if = {too_new};
  about.repeat_if_wrong.emplace().outcome = Outcome::screened_out;
  FlowStep second = step(StepKind::page, "page-2");
  second.has_back = true;
  second.at_least = 5s;
  FlowStep practice = step(StepKind::practice, "practice-1");
  practice.practice_tasks = {1};
  practice.until = FlowStep::Until::passed;
  practice.tries = 2;
  practice.outcome = Outcome::failed_practice;
  FlowStep periods = step(StepKind::periods, "periods-1");
  FlowStep tasks = step(StepKind::tasks, "tasks-1");
  tasks.block = "{block}";
  periods.steps = {tasks};
  FlowStep rest = step(StepKind::pause, "break-1");
  rest.at_most = 60s;
  periods.between = {rest};
  design.flow = {consent,  about,   step(StepKind::page, "page-1"), second,
                 practice, periods, step(StepKind::page, "page-3")};
  design.completion[Outcome::completed].code = "DONE";
  return study;
}

class StudyFlowTest : public ::testing::Test {
 protected:
  /// Applies an event and then records what has to be recorded, until nothing is left to do. The names of the effects.
  std::vector<std::string> apply(const StudyProgress::Event& event) {
    std::vector<std::string> names;
    carry_out(m_progress.apply(study, event), names);
    expect_the_same_after_a_restart();
    return names;
  }
  std::vector<std::string> leave(const std::string& id, const std::string& choice = "",
                                 std::optional<json::object> answers = std::nullopt) {
    StudyProgress::StepDone done;
    done.step = id;
    done.choice = choice;
    done.answers = std::move(answers);
    done.at = now;
    return apply(done);
  }
  void do_task(TaskSessionState outcome, std::chrono::nanoseconds charged = 10s) {
    const SchedulePosition position = m_progress.position(study);
    ASSERT_NE(position.current(), nullptr);
    EXPECT_THAT(apply(StudyProgress::TaskRequested{position.task_number()}), ElementsAre("start"));
    const PlannedTask planned = position.planned_task();
    TaskSessionRow row;
    row.id = ++m_last_session;
    row.task_number = planned.number;
    row.position = planned.place.position;
    row.try_number = planned.place.try_number;
    row.duration = duration_of(study, planned);
    tasks.push_back(study.tasks[static_cast<std::size_t>(planned.number) - 1].id + " " + planned.place.block + " " +
                    planned.place.treatment + (planned.place.is_practice ? " practice " : " ") +
                    std::to_string(planned.place.try_number));
    durations.push_back(row.duration);
    apply(StudyProgress::TaskStarted{row});
    apply(StudyProgress::TaskEnded{outcome, charged});
    apply(StudyProgress::TaskCleanedUp());
  }
  void reach_practice() {
    apply(StudyProgress::ClientArrived());
    leave("consent-1", "agree");
    leave("about", "", {{{"years", 3}, {"quiz", "right"}}});
    leave("page-1");
    now += 5s;
    leave("page-2");
  }
  json::object state() const { return json::parse(state_json(study, m_progress.values(), now)).as_object(); }
  std::string step_id() const { return json::value_to<std::string>(state().at("step").at("id")); }
  std::optional<Outcome> outcome() const { return m_progress.values().flow.outcome; }

  Study study = make_study();
  MonotonicTime now{100s};
  std::vector<std::string> tasks;
  std::vector<std::chrono::nanoseconds> durations;
  StudyProgress::RefuseRequest refusal;
  StudyProgress::LeaveStep last_left;
  bool is_full = false;
  bool has_erased = false;

 private:
  void follow(const StudyProgress::Event& event, std::vector<std::string>& names) {
    carry_out(m_progress.apply(study, event), names);
  }
  void carry_out(const StudyProgress::Effects& effects, std::vector<std::string>& names) {
    for (const StudyProgress::Effect& effect : effects) {
      std::visit([&](const auto& wanted) { perform(wanted, names); }, effect);
    }
  }
  void perform(const StudyProgress::StartTask&, std::vector<std::string>& names) { names.emplace_back("start"); }
  void perform(const StudyProgress::RejoinTask&, std::vector<std::string>& names) { names.emplace_back("rejoin"); }
  void perform(const StudyProgress::RefuseRequest& refused, std::vector<std::string>& names) {
    refusal = refused;
    names.push_back(refused.code);
  }
  void perform(const StudyProgress::ConfirmRequest&, std::vector<std::string>& names) { names.emplace_back("confirm"); }
  void perform(const StudyProgress::PrepareTask&, std::vector<std::string>& names) { names.emplace_back("prepare"); }
  void perform(const StudyProgress::SendState&, std::vector<std::string>& names) { names.emplace_back("state"); }
  void perform(const StudyProgress::StopTask&, std::vector<std::string>& names) { names.emplace_back("stop"); }
  void perform(const StudyProgress::StoreSchedule& store, std::vector<std::string>& names) {
    names.emplace_back("schedule");
    follow(StudyProgress::ScheduleStored{store.schedule}, names);
  }
  void perform(const StudyProgress::ChooseGroup&, std::vector<std::string>& names) {
    if (is_full) return perform(StudyProgress::RecordOutcome{Outcome::full}, names);
    names.emplace_back("group");
    GroupChoice choice;
    choice.group = "1";
    follow(StudyProgress::GroupChosen{make_schedule(study, choice)}, names);
  }
  void perform(const StudyProgress::ShowStep& show, std::vector<std::string>& names) {
    names.emplace_back("show");
    follow(StudyProgress::StepShown{show.position, show.try_number, now}, names);
  }
  void perform(const StudyProgress::KeepAnswer& keep, std::vector<std::string>& names) {
    names.push_back("keep " + keep.field);
  }
  void perform(const StudyProgress::LeaveStep& leave, std::vector<std::string>& names) {
    names.push_back(leave.result);
    last_left = leave;
    StudyProgress::StepLeft left{leave.result};
    if (leave.outcome) left.outcome = StudyProgress::OutcomeRecorded{*leave.outcome, ""};
    if (leave.show) left.shown = StudyProgress::StepShown{leave.show->position, leave.show->try_number, now};
    follow(left, names);
  }
  void perform(const StudyProgress::RecordOutcome& record, std::vector<std::string>& names) {
    names.emplace_back(to_string(record.outcome));
    has_erased = record.erases;
    follow(StudyProgress::OutcomeRecorded{record.outcome, ""}, names);
  }

  /// What the next server finds in the record leads to the same state and to no more work.
  void expect_the_same_after_a_restart() const {
    StudyProgress next(m_progress.values());
    EXPECT_EQ(state_json(study, next.values(), now), state_json(study, m_progress.values(), now));
    if (m_progress.values().flow.schedule.empty()) return;
    for (const StudyProgress::Effect& effect : next.apply(study, StudyProgress::ClientArrived())) {
      EXPECT_TRUE(std::holds_alternative<StudyProgress::PrepareTask>(effect) ||
                  std::holds_alternative<StudyProgress::ChooseGroup>(effect) ||
                  std::holds_alternative<StudyProgress::ShowStep>(effect) ||
                  std::holds_alternative<StudyProgress::RecordOutcome>(effect));
    }
  }

  StudyProgress m_progress{ParticipantProgress()};
  TaskSessionId m_last_session = 0;
};

TEST_F(StudyFlowTest, EachStepIsLeftOnceAndInOrder) {
  EXPECT_THAT(apply(StudyProgress::ClientArrived()), ElementsAre("schedule", "show", "state"));
  EXPECT_EQ(state().at("state"), "step");
  EXPECT_EQ(step_id(), "consent-1");
  EXPECT_EQ(state().at("step").at("boxes"), json::array({"I am 18."}));
  EXPECT_THAT(leave("consent-1", "agree"), ElementsAre("agreed", "show", "state"));
  EXPECT_FALSE(last_left.consent_version.empty());
  EXPECT_EQ(step_id(), "about");
  EXPECT_EQ(state().at("step").at("fields").as_array().size(), 2U);
  EXPECT_THAT(leave("about", "", {{{"years", 3}, {"quiz", "right"}}}), ElementsAre("submitted", "show", "state"));
  EXPECT_EQ(last_left.answers, json::object({{"years", 3}, {"quiz", "right"}}));
  leave("page-1");
  now += 5s;
  EXPECT_THAT(leave("page-2"), ElementsAre("read", "state", "prepare"));
  EXPECT_EQ(state().at("state"), "ready");
  EXPECT_EQ(state().at("task").at("practice"), true);
  do_task(TaskSessionState::passed);
  EXPECT_EQ(state().at("previous").at("practice"), true);
  EXPECT_TRUE(state().at("outcomes").as_array().empty()) << "no count includes practice";
  for (int i = 0; i < 2; ++i) do_task(TaskSessionState::passed);
  EXPECT_EQ(step_id(), "break-1.1");
  EXPECT_EQ(state().at("step").at("text"), "The text of break-1 in {period}.");
  EXPECT_EQ(state().at("step").at("seconds_left"), 60);
  now += 70s;
  EXPECT_EQ(state().at("step").at("seconds_left"), 0);
  EXPECT_THAT(leave("break-1.1"), ElementsAre("rested", "state", "prepare"));
  EXPECT_EQ(last_left.overrun, 10s);
  for (int i = 0; i < 2; ++i) do_task(TaskSessionState::gave_up);
  EXPECT_EQ(step_id(), "page-3");
  EXPECT_THAT(leave("page-3"), ElementsAre("read", "completed", "state"));
  EXPECT_EQ(state().at("state"), "finished");
  EXPECT_EQ(state().at("code"), "DONE");
  EXPECT_EQ(state().at("outcomes").as_array().size(), 4U);
  EXPECT_THAT(tasks,
              ElementsAre("task-1   practice 1", "task-2 I A 1", "task-3 I A 1", "task-4 II B 1", "task-5 II B 1"));
  EXPECT_THAT(apply(StudyProgress::ClientArrived()), IsEmpty());
}

TEST_F(StudyFlowTest, ARequestForAnotherStepActsOnceAtMost) {
  apply(StudyProgress::ClientArrived());
  EXPECT_THAT(leave("page-1"), ElementsAre("wrong_step"));
  EXPECT_THAT(refusal.message, HasSubstr("expected the step consent-1, got page-1"));
  EXPECT_THAT(leave("consent-1"), ElementsAre("bad_message")) << "neither agreed nor refused";
  leave("consent-1", "agree");
  EXPECT_THAT(leave("consent-1", "agree"), ElementsAre("confirm"));
  EXPECT_THAT(leave("consent-1", "refuse"), ElementsAre("confirm")) << "too late";
  EXPECT_EQ(step_id(), "about");
  EXPECT_THAT(apply(StudyProgress::TaskRequested{1}), ElementsAre("no_task"));
}

TEST_F(StudyFlowTest, ARefusedConsentEndsTheStudy) {
  apply(StudyProgress::ClientArrived());
  EXPECT_THAT(leave("consent-1", "refuse"), ElementsAre("refused", "state"));
  EXPECT_EQ(outcome(), Outcome::no_consent);
  EXPECT_EQ(state().at("state"), "finished");
  EXPECT_EQ(state().at("code"), "");
}

TEST_F(StudyFlowTest, AnswersAreKeptAndComeBack) {
  apply(StudyProgress::ClientArrived());
  leave("consent-1", "agree");
  EXPECT_THAT(apply(StudyProgress::AnswerChanged{"about", "years", 4}), ElementsAre("keep years"));
  EXPECT_THAT(apply(StudyProgress::AnswerChanged{"about", "years", 4}), IsEmpty()) << "no change";
  EXPECT_THAT(apply(StudyProgress::AnswerChanged{"about", "years", "many"}), IsEmpty());
  EXPECT_THAT(apply(StudyProgress::AnswerChanged{"about", "nothing", 4}), IsEmpty());
  EXPECT_THAT(apply(StudyProgress::AnswerChanged{"page-1", "years", 4}), IsEmpty());
  EXPECT_EQ(state().at("step").at("answers"), json::object({{"years", 4}}));
  apply(StudyProgress::AnswerChanged{"about", "quiz", "right"});
  EXPECT_THAT(leave("about"), ElementsAre("submitted", "show", "state")) << "with what has been kept";
  EXPECT_EQ(last_left.answers, json::object({{"years", 4}, {"quiz", "right"}}));
}

TEST_F(StudyFlowTest, BadAnswersAreRefusedFieldByField) {
  apply(StudyProgress::ClientArrived());
  leave("consent-1", "agree");
  EXPECT_THAT(leave("about", "", {{{"quiz", "perhaps"}}}), ElementsAre("bad_answers"));
  ASSERT_EQ(refusal.fields.size(), 2U);
  EXPECT_EQ(refusal.fields[0].name, "years");
  EXPECT_EQ(refusal.fields[1].name, "quiz");
  EXPECT_EQ(step_id(), "about");
}

TEST_F(StudyFlowTest, AnAnswerCanEndTheStudy) {
  apply(StudyProgress::ClientArrived());
  leave("consent-1", "agree");
  EXPECT_THAT(leave("about", "", {{{"years", 0}, {"quiz", "wrong"}}}), ElementsAre("submitted", "state"));
  EXPECT_EQ(outcome(), Outcome::screened_out);
}

TEST_F(StudyFlowTest, AWrongQuestionnaireComesAgainAndThenEndsTheStudy) {
  apply(StudyProgress::ClientArrived());
  leave("consent-1", "agree");
  EXPECT_THAT(leave("about", "", {{{"years", 2}, {"quiz", "wrong"}}}), ElementsAre("again", "show", "state"));
  EXPECT_EQ(step_id(), "about");
  EXPECT_EQ(state().at("step").at("answers"), json::object());
  EXPECT_THAT(leave("about", "", {{{"years", 2}, {"quiz", "wrong"}}}), ElementsAre("submitted", "state"));
  EXPECT_EQ(outcome(), Outcome::screened_out);
}

TEST_F(StudyFlowTest, APageLeadsBack) {
  apply(StudyProgress::ClientArrived());
  leave("consent-1", "agree");
  leave("about", "", {{{"years", 3}, {"quiz", "right"}}});
  EXPECT_THAT(leave("page-1", "back"), ElementsAre("not_offered"));
  leave("page-1");
  EXPECT_EQ(state().at("step").at("back"), true);
  EXPECT_THAT(leave("page-2", "back"), ElementsAre("back", "state")) << "even before its time";
  EXPECT_EQ(step_id(), "page-1");
  EXPECT_THAT(leave("page-1"), ElementsAre("read", "show", "state"));
  EXPECT_EQ(step_id(), "page-2");
}

TEST_F(StudyFlowTest, AStepTakesAtLeastItsTime) {
  apply(StudyProgress::ClientArrived());
  leave("consent-1", "agree");
  leave("about", "", {{{"years", 3}, {"quiz", "right"}}});
  leave("page-1");
  now += 1500ms;
  EXPECT_EQ(state().at("step").at("at_least_in_seconds"), 4);
  EXPECT_THAT(leave("page-2"), ElementsAre("too_early"));
  EXPECT_EQ(refusal.time_left, 3500ms);
  now += 3500ms;
  EXPECT_EQ(state().at("step").at("at_least_in_seconds"), 0);
  EXPECT_THAT(leave("page-2"), ElementsAre("read", "state", "prepare"));
}

TEST_F(StudyFlowTest, PracticeIsTriedAgainAndThenEndsTheStudy) {
  reach_practice();
  do_task(TaskSessionState::timed_out);
  EXPECT_EQ(state().at("task").at("try"), json::object({{"number", 2}, {"of", 2}}));
  do_task(TaskSessionState::interrupted);
  EXPECT_EQ(state().at("state"), "ready") << "a fault on our side is no try";
  do_task(TaskSessionState::gave_up);
  EXPECT_EQ(outcome(), Outcome::failed_practice);
  EXPECT_THAT(tasks, ElementsAre("task-1   practice 1", "task-1   practice 2", "task-1   practice 3"));
}

TEST_F(StudyFlowTest, ABlocksClockLimitsItsTasks) {
  reach_practice();
  do_task(TaskSessionState::passed, 55s);
  EXPECT_EQ(state().at("task").at("block"), json::parse(R"({"number": 1, "total": 2, "time_left_in_seconds": 90})"));
  do_task(TaskSessionState::timed_out, 60s);
  EXPECT_EQ(state().at("task").at("block"), json::parse(R"({"number": 2, "total": 2, "time_left_in_seconds": 30})"));
  EXPECT_EQ(state().at("task").at("duration_in_seconds"), 30);
  do_task(TaskSessionState::timed_out, 30s);
  EXPECT_THAT(durations, ElementsAre(60s, 60s, 30s)) << "practice has no part in it";
}

TEST_F(StudyFlowTest, TasksThatABlocksClockDoesNotReachAreLeftOut) {
  study.design.blocks[0].time_limit = 40s;
  reach_practice();
  do_task(TaskSessionState::passed);
  do_task(TaskSessionState::timed_out, 40s);
  EXPECT_EQ(step_id(), "break-1.1");
  leave("break-1.1");
  EXPECT_EQ(state().at("task").at("number"), 3) << "as in the schedule";
  do_task(TaskSessionState::passed);
  EXPECT_THAT(tasks, ElementsAre("task-1   practice 1", "task-2 I A 1", "task-4 II B 1"));
}

TEST_F(StudyFlowTest, AFullStudyTurnsTheParticipantAway) {
  is_full = true;
  reach_practice();
  do_task(TaskSessionState::passed);
  EXPECT_EQ(outcome(), Outcome::full);
  EXPECT_EQ(state().at("state"), "finished");
}

TEST_F(StudyFlowTest, AParticipantCanLeaveWhereTheStudyAllowsIt) {
  reach_practice();
  EXPECT_THAT(apply(StudyProgress::WithdrawalRequested{}), ElementsAre("not_offered"));
  study.design.withdrawal = Withdrawal::ask;
  EXPECT_THAT(apply(StudyProgress::WithdrawalRequested{true}), ElementsAre("withdrew", "state"));
  EXPECT_TRUE(has_erased);
  EXPECT_EQ(outcome(), Outcome::withdrew);
  EXPECT_THAT(apply(StudyProgress::WithdrawalRequested{true}), ElementsAre("confirm"));
}

TEST_F(StudyFlowTest, ARunningTaskEndsBeforeAWithdrawalIsRecorded) {
  study.design.withdrawal = Withdrawal::keep;
  reach_practice();
  TaskSessionRow row;
  row.id = 1;
  row.task_number = 1;
  row.position = 5;
  apply(StudyProgress::TaskRequested{1});
  apply(StudyProgress::TaskStarted{row});
  EXPECT_THAT(apply(StudyProgress::WithdrawalRequested{true}), ElementsAre("stop"));
  EXPECT_THAT(apply(StudyProgress::WithdrawalRequested{true}), IsEmpty()) << "the first one is under way";
  apply(StudyProgress::TaskEnded{TaskSessionState::gave_up, 1s});
  EXPECT_THAT(apply(StudyProgress::TaskCleanedUp()), ElementsAre("withdrew", "state"));
  EXPECT_FALSE(has_erased) << "the study keeps the data";
}

TEST_F(StudyFlowTest, AParticipantWhoReturnsTooLateHasExpired) {
  study.design.resume_within = std::chrono::hours(1);
  ParticipantProgress saved;
  saved.flow.unseen_for = std::chrono::minutes(59);
  EXPECT_EQ(StudyProgress(saved).apply(study, StudyProgress::ClientArrived()).size(), 1U);
  saved.flow.unseen_for = std::chrono::minutes(61);
  const auto effects = StudyProgress(saved).apply(study, StudyProgress::ClientArrived());
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(std::get<StudyProgress::RecordOutcome>(effects.front()).outcome, Outcome::expired);
}

TEST_F(StudyFlowTest, EventsThatCannotHappenAreAssertionFailures) {
  EXPECT_THROW(apply(StudyProgress::StepLeft{"read"}), AssertionFailure) << "none is shown";
  apply(StudyProgress::ClientArrived());
  EXPECT_THROW(apply(StudyProgress::ScheduleStored{}), AssertionFailure);
  EXPECT_THROW(apply(StudyProgress::StepShown{2, 1, now}), AssertionFailure) << "two at once";
}

}  // namespace
}  // namespace tellina::testing
