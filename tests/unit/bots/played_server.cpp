#include "played_server.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "host/study/schedule.hpp"
#include "host/study/state_json.hpp"

namespace tellina::testing {
namespace {

using bots::Bot;
using std::chrono::seconds;

FlowStep step(StepKind kind, const std::string& id) {
  FlowStep result;
  result.kind = kind;
  result.id = id;
  return result;
}

Task task(const std::string& id, std::vector<std::string> solution) {
  Task result;
  result.id = id;
  result.solution = std::move(solution);
  result.duration = seconds(600);
  return result;
}

FormField field(const std::string& name, FieldType type, bool is_required) {
  FormField result;
  result.name = name;
  result.type = type;
  result.required = is_required;
  result.options = {"bash", "zsh", "fish"};
  result.rows = {{"mental", "Mental"}, {"effort", "Effort"}};
  result.from = 1;
  result.to = 7;
  return result;
}

}  // namespace

Study bot_study() {
  Study study;
  study.task_duration = seconds(600);
  study.tasks = {task("warm-up", {"echo warm"}), task("red", {"cd red", "ls"}), task("blue", {"printf '%s' blau äö"}),
                 task("open", {}), task("handed", {"true"})};
  study.tasks[1].must_fail = {{"no ls", {"cd red"}}};
  study.tasks[4].hand_in = HandIn::button;
  study.tasks[4].tries = 2;
  Design& design = study.design;
  design.assignment.seed = 3;
  design.blocks = {{"I", {2, 4}, TaskOrder::fixed, {}}, {"II", {3, 5}, TaskOrder::random, {}}};
  design.treatments = {{"A", "A", {}, {}}, {"B", "B", {}, {}}};
  design.groups = crossover_groups({"I", "II"}, {"A", "B"});

  FormField shell = field("shell", FieldType::choice, true);
  shell.correct = boost::json::string("bash");
  FormField why = field("why", FieldType::text, true);
  why.show_if = FieldCondition{"shell", boost::json::string("zsh")};
  FormField years = field("years", FieldType::number, true);
  years.at_least = 0;
  years.at_most = 12;
  years.is_whole = true;
  design.forms = {
      {"about",
       "About",
       {},
       {shell, why, years, field("note", FieldType::paragraph, false), field("known", FieldType::choices, false),
        field("sure", FieldType::confirm, true)}},
      {"effort", "Effort", {}, {field("load", FieldType::matrix, true), field("mood", FieldType::scale, false)}}};

  FlowStep about = step(StepKind::questionnaire, "about");
  about.form = "about";
  about.ends_if = {{"years", EndRule::Test::less_than, 1, Outcome::screened_out}};
  about.repeat_if_wrong = RepeatRule{2, {}};
  FlowStep first = step(StepKind::page, "page-1");
  first.at_least = seconds(5);
  FlowStep second = step(StepKind::page, "page-2");
  second.has_back = true;
  FlowStep periods = step(StepKind::periods, "periods-1");
  FlowStep practice = step(StepKind::practice, "practice-1");
  practice.practice_tasks = {1};
  practice.until = FlowStep::Until::passed;
  practice.solution_after = seconds(0);
  FlowStep tasks = step(StepKind::tasks, "tasks-1");
  tasks.block = "{block}";
  FlowStep effort = step(StepKind::questionnaire, "effort");
  effort.form = "effort";
  periods.steps = {practice, tasks, effort};
  FlowStep rest = step(StepKind::pause, "break-1");
  rest.at_least = seconds(20);
  periods.between = {rest};
  design.flow = {step(StepKind::consent, "consent-1"), about, first, second, periods};
  return study;
}

bots::BotResult PlayedServer::play(Bot& bot) {
  // The server records the schedule and shows the first step when the client arrives.
  for (const auto& action : bot.begin()) handle(action);
  for (int events = 0; !m_is_over; ++events) {
    if (events == 20'000) {
      ADD_FAILURE() << "the bot does not come to an end";
      break;
    }
    Bot::Event event = Bot::Overdue();
    if (!m_sent.empty()) {
      event = std::move(m_sent.front());
      m_sent.pop_front();
    } else if (m_pause) {
      m_now += m_pause->time;
      m_pause.reset();
      event = Bot::Rested();
    } else if (m_progress.task_runs() && m_now + m_expected->limit >= m_task_start + seconds(600)) {
      end_task(TaskSessionState::timed_out);
      continue;
    } else {
      m_now += m_expected->limit;
    }
    for (const auto& action : bot.react(event)) handle(action);
  }
  EXPECT_TRUE(bot.has_ended());
  return bot.result();
}

void PlayedServer::handle(const Bot::Action& action) {
  if (const auto* say = std::get_if<Bot::Say>(&action)) handle_frame(say->json);
  if (const auto* request = std::get_if<Bot::StartTask>(&action)) start(*request);
  if (const auto* keys = std::get_if<Bot::Type>(&action)) type(keys->bytes);
  if (const auto* pause = std::get_if<Bot::Pause>(&action)) m_pause = *pause;
  if (const auto* expected = std::get_if<Bot::Expect>(&action)) {
    m_pause.reset();
    m_expected = *expected;
  }
  if (std::holds_alternative<Bot::Leave>(action)) m_is_over = true;
  if (std::holds_alternative<Bot::Reconnect>(action)) {
    m_sent.clear();
    send(Bot::Welcomed{state(), {}});
    apply(StudyProgress::ClientArrived{m_now});
  }
}

void PlayedServer::handle_frame(const std::string& json) {
  const ClientFrame frame = decode_client_frame(json);
  if (const auto* bad = std::get_if<BadFrame>(&frame)) ADD_FAILURE() << bad->message << ": " << json;
  if (const auto* answer = std::get_if<StepAnswerFrame>(&frame)) {
    apply(StudyProgress::AnswerChanged{answer->step, answer->field, answer->value});
  } else if (const auto* done = std::get_if<StepDoneFrame>(&frame)) {
    leave_step(*done);
  } else if (const auto* reset = std::get_if<ResetFrame>(&frame)) {
    m_line.clear();
    send(Bot::Confirmed{reset->id});
    send(Bot::Prompted());
  } else if (const auto* show = std::get_if<ShowSolutionFrame>(&frame)) {
    send(Bot::SolutionShown{show->id, task().solution});
  } else if (const auto* submit = std::get_if<SubmitFrame>(&frame)) {
    EXPECT_NE(task().hand_in, HandIn::automatic);
    send(Bot::Confirmed{submit->id});
    if (!task().solution.empty() && m_typed.ends_with(task().solution.back() + "\r")) {
      end_task(TaskSessionState::passed);
    }
  } else if (const auto* give_up = std::get_if<GiveUpFrame>(&frame)) {
    send(Bot::Confirmed{give_up->id});
    end_task(TaskSessionState::gave_up);
  } else {
    ADD_FAILURE() << "expected a request of a participant, got " << json;
  }
}

void PlayedServer::leave_step(const StepDoneFrame& frame) {
  m_request = frame.id;
  StudyProgress::StepDone event;
  event.step = frame.step;
  event.answers = frame.answers;
  event.choice = frame.choice;
  event.at = m_now;
  apply(event);
}

void PlayedServer::start(const Bot::StartTask& request) {
  m_request = request.request;
  m_typed.clear();
  m_line.clear();
  apply(StudyProgress::TaskRequested{request.number});
}

void PlayedServer::type(const std::string& bytes) {
  m_longest_key = std::max(m_longest_key, bytes.size());
  if (!m_progress.task_runs()) return;
  m_typed += bytes;
  if (bytes != "\r") {
    m_line += bytes;
    return;
  }
  const std::string line = std::exchange(m_line, {});
  send(Bot::Prompted());
  if (task().hand_in == HandIn::automatic && passes(task(), line)) end_task(TaskSessionState::passed);
}

void PlayedServer::end_task(TaskSessionState state) {
  apply(StudyProgress::TaskEnded{state, seconds(1)});
  apply(StudyProgress::TaskCleanedUp());
}

void PlayedServer::apply(const StudyProgress::Event& event) {
  for (const StudyProgress::Effect& effect : m_progress.apply(m_study, event)) carry_out(effect);
}

void PlayedServer::carry_out(const StudyProgress::Effect& effect) {
  if (std::holds_alternative<StudyProgress::SendState>(effect)) send(Bot::StateChanged{state()});
  if (std::holds_alternative<StudyProgress::ConfirmRequest>(effect)) send(Bot::Confirmed{m_request});
  if (const auto* store = std::get_if<StudyProgress::StoreSchedule>(&effect)) {
    apply(StudyProgress::ScheduleStored{store->schedule});
  }
  if (std::holds_alternative<StudyProgress::ChooseGroup>(effect)) {
    GroupChoice choice;
    choice.group = m_study.design.groups.at(static_cast<std::size_t>(m_group)).name;
    choice.stage = "main";
    apply(StudyProgress::GroupChosen{make_schedule(m_study, choice)});
  }
  if (const auto* show = std::get_if<StudyProgress::ShowStep>(&effect)) {
    apply(StudyProgress::StepShown{show->position, show->try_number, m_now});
  }
  if (const auto* leave = std::get_if<StudyProgress::LeaveStep>(&effect)) {
    send(Bot::Confirmed{m_request});
    StudyProgress::StepLeft left{leave->result};
    if (leave->outcome) left.outcome = StudyProgress::OutcomeRecorded{*leave->outcome, {}};
    if (leave->show) left.shown = StudyProgress::StepShown{leave->show->position, leave->show->try_number, m_now};
    apply(left);
  }
  if (const auto* record = std::get_if<StudyProgress::RecordOutcome>(&effect)) {
    apply(StudyProgress::OutcomeRecorded{record->outcome, {}});
  }
  if (const auto* refusal = std::get_if<StudyProgress::RefuseRequest>(&effect)) {
    Bot::Refused refused{m_request, refusal->code, refusal->message};
    if (refusal->time_left) refused.seconds_left = std::chrono::duration<double>(*refusal->time_left).count();
    for (const FieldFault& fault : refusal->fields) refused.fields.push_back(fault.name);
    send(refused);
  }
  if (const auto* start = std::get_if<StudyProgress::StartTask>(&effect)) {
    const SchedulePosition position = m_progress.position(m_study);
    TaskSessionRow row;
    row.id = static_cast<TaskSessionId>(m_progress.values().outcomes.size()) + 1;
    row.task_number = start->number;
    row.position = position.current()->position;
    row.try_number = position.try_number();
    row.duration = seconds(600);
    m_task_start = m_now;
    apply(StudyProgress::TaskStarted{row});
    send(Bot::Welcomed{state(), m_request});
    send(Bot::Prompted());
  }
}

void PlayedServer::send(Bot::Event event) {
  if (sent(event)) m_sent.push_back(std::move(event));
}

boost::json::object PlayedServer::state() const {
  return boost::json::parse(state_json(m_study, m_progress.values(), m_now)).as_object();
}

const Task& PlayedServer::task() const {
  return m_study.tasks.at(static_cast<std::size_t>(m_progress.values().latest->task_number) - 1);
}

}  // namespace tellina::testing
