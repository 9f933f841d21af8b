#include "host/study/study_progress.hpp"

#include <algorithm>

#include "host/runtime/assertion.hpp"
#include "host/study/participant.hpp"

namespace tellina {
namespace {

using Effects = StudyProgress::Effects;

Effects refuse(std::string code, std::string message) {
  StudyProgress::RefuseRequest refusal;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  return {std::move(refusal)};
}

/// Whether clients have to wait for the store before they can see the state.
bool is_recorded(const StudyProgress::Effect& effect) {
  return std::holds_alternative<StudyProgress::StoreSchedule>(effect) ||
         std::holds_alternative<StudyProgress::ChooseGroup>(effect) ||
         std::holds_alternative<StudyProgress::ShowStep>(effect) ||
         std::holds_alternative<StudyProgress::RecordOutcome>(effect);
}

StudyProgress::LeaveStep leave(const SchedulePosition& position, const char* result) {
  StudyProgress::LeaveStep effect;
  effect.position = position.current()->position;
  effect.try_number = position.try_number();
  effect.result = result;
  return effect;
}

/// The page before a page, which a button leads back to. Null if there is none.
const ScheduleEntry* page_before(const SchedulePosition& position) {
  const Schedule& schedule = position.schedule();
  const auto place = static_cast<std::size_t>(position.current() - schedule.data());
  if (place == 0 || schedule[place - 1].kind != EntryKind::page) return nullptr;
  return &schedule[place - 1];
}

}  // namespace

Effects StudyProgress::apply(const Study& study, const Event& event) {
  const InvariantScope invariant(*this);
  return std::visit([&](const auto& happened) { return on(study, happened); }, event);
}

std::optional<StudyProgress::RefuseRequest> StudyProgress::refuse_other_task(const Study& study, int number) const {
  const int current = position(study).task_number();
  if (number == current) return std::nullopt;
  RefuseRequest refusal;
  refusal.code = "wrong_task";
  refusal.message = "expected task " + std::to_string(current) + ", got " + std::to_string(number);
  return refusal;
}

Effects StudyProgress::next_work(const Study& study) const {
  if (task_runs()) return {};
  if (m_requested_outcome) return {*m_requested_outcome};
  const SchedulePosition now = position(study);
  if (m_saved.flow.schedule.empty() && needs_flow(study)) return {StoreSchedule{now.schedule()}};
  if (const auto outcome = now.due_outcome()) return {RecordOutcome{*outcome}};
  if (now.needs_group()) return {ChooseGroup{}};
  if (!now.current()) return {};
  if (now.current()->kind == EntryKind::task) return {PrepareTask{now.current()->task}};
  if (now.is_shown()) return {};
  return {ShowStep{now.current()->position, now.try_number()}};
}

Effects StudyProgress::state_and_next_work(const Study& study) const {
  Effects effects = next_work(study);
  if (effects.empty() || !is_recorded(effects.front())) effects.insert(effects.begin(), SendState{});
  return effects;
}

Effects StudyProgress::on(const Study& study, const ClientArrived&) {
  const auto& limit = study.design.resume_within;
  const auto& unseen = m_saved.flow.unseen_for;
  const SchedulePosition now = position(study);
  const bool is_too_late = limit && unseen && *unseen > *limit && !now.outcome() && !task_runs();
  m_saved.flow.unseen_for.reset();
  if (is_too_late) m_requested_outcome.emplace().outcome = Outcome::expired;
  return next_work(study);
}

Effects StudyProgress::on(const Study& study, const TaskRequested& event) const {
  const SchedulePosition now = position(study);
  if (!now.current() && !now.needs_group()) return refuse("no_task", "all tasks have been done");
  if (now.task_number() == 0) return refuse("no_task", "the next step is no task");
  if (auto refusal = refuse_other_task(study, event.number)) return {*std::move(refusal)};
  if (task_runs()) return {RejoinTask{}};
  return {StartTask{now.current()->task}};
}

Effects StudyProgress::on(const Study& study, const TaskStarted& event) {
  TELLINA_ASSERT(!task_runs());
  TELLINA_ASSERT(event.session.state == TaskSessionState::running);
  const SchedulePosition now = position(study);
  TELLINA_ASSERT(now.current() && now.current()->position == event.session.position);
  TELLINA_ASSERT(now.current()->task == event.session.task_number);
  m_saved.latest = event.session;
  ++m_saved.state_number;
  return {SendState{}};
}

Effects StudyProgress::on(const Study&, const TaskChanged& event) {
  TELLINA_ASSERT(task_runs());
  TELLINA_ASSERT(event.session.id == m_saved.latest->id);
  m_saved.latest = event.session;
  return {SendState{}};
}

Effects StudyProgress::on(const Study&, const TaskEnded& event) {
  TELLINA_ASSERT(task_runs());
  TELLINA_ASSERT(event.outcome != TaskSessionState::running);
  m_saved.latest->state = event.outcome;
  m_saved.latest->charged = event.charged;
  TaskOutcome& outcome = m_saved.outcomes.emplace_back();
  outcome.task_number = m_saved.latest->task_number;
  outcome.state = event.outcome;
  outcome.position = m_saved.latest->position;
  outcome.try_number = m_saved.latest->try_number;
  outcome.charged = event.charged;
  ++m_saved.state_number;
  return {};
}

Effects StudyProgress::on(const Study& study, const TaskCleanedUp&) const {
  TELLINA_ASSERT(!task_runs());
  return state_and_next_work(study);
}

Effects StudyProgress::on(const Study& study, const AnswerChanged& event) {
  const SchedulePosition now = position(study);
  if (!now.is_shown() || now.current()->step_id != event.step) return {};
  const auto form = form_of(study, *now.current(), participant_key(participant()));
  if (!form) return {};
  const auto field = std::ranges::find(form->fields, event.field, &FormField::name);
  if (field == form->fields.end() || !why_bad_answer(*field, event.value).empty()) return {};
  const auto kept = m_saved.flow.answers.find(event.field);
  if (kept != m_saved.flow.answers.end() && kept->value() == event.value) return {};
  m_saved.flow.answers[event.field] = event.value;
  return {KeepAnswer{now.current()->position, now.try_number(), event.field, event.value}};
}

Effects StudyProgress::on(const Study& study, const StepDone& event) const {
  const SchedulePosition now = position(study);
  const ScheduleEntry* const current = now.current();
  if (!current || !now.is_shown() || current->step_id != event.step) {
    // Another page, or an earlier connection of this one, may have left the step.
    const bool was_left = std::ranges::any_of(now.schedule(), [&](const ScheduleEntry& entry) {
      return entry.step_id == event.step && entry.kind != EntryKind::task &&
             std::ranges::any_of(m_saved.flow.steps, [&](const ShownStep& step) {
               return step.position == entry.position && step.result.has_value();
             });
    });
    if (was_left) return {ConfirmRequest{}};
    return refuse("wrong_step",
                  "expected " + (now.is_shown() ? "the step " + current->step_id : "no step") + ", got " + event.step);
  }
  const FlowStep* const step = step_of(study, *current);
  TELLINA_ASSERT(step);
  const std::chrono::nanoseconds shown_for = event.at - now.shown_at();
  if (event.choice != "back" && event.choice != "refuse" && shown_for < step->at_least) {
    Effects refusal = refuse("too_early", "this step takes a little longer");
    std::get<RefuseRequest>(refusal.front()).time_left = step->at_least - shown_for;
    return refusal;
  }
  switch (current->kind) {
    case EntryKind::consent:
      return leave_consent(*step, now, event);
    case EntryKind::page:
      return leave_page(study, now, event);
    case EntryKind::questionnaire:
      return leave_questionnaire(study, *step, now, event);
    case EntryKind::pause: {
      LeaveStep effect = leave(now, step_result::rested);
      if (step->at_most && shown_for > *step->at_most) effect.overrun = shown_for - *step->at_most;
      return {std::move(effect)};
    }
    case EntryKind::task:
      break;
  }
  TELLINA_ASSERT(false);
  return {};
}

Effects StudyProgress::leave_consent(const FlowStep& step, const SchedulePosition& position,
                                     const StepDone& event) const {
  if (event.choice == "refuse") {
    if (!step.can_refuse) return refuse("not_offered", "this consent cannot be refused here");
    LeaveStep effect = leave(position, step_result::refused);
    effect.outcome = Outcome::no_consent;
    return {std::move(effect)};
  }
  if (event.choice != "agree") return refuse("bad_message", R"(choice: expected "agree" or "refuse")");
  LeaveStep effect = leave(position, step_result::agreed);
  effect.consent_version = consent_version(step, names_of(*position.current()));
  return {std::move(effect)};
}

Effects StudyProgress::leave_page(const Study& study, const SchedulePosition& position, const StepDone& event) const {
  if (event.choice != "back") return {leave(position, step_result::read)};
  const ScheduleEntry* const before = page_before(position);
  const FlowStep* const step = step_of(study, *position.current());
  if (!before || !step->has_back) return refuse("not_offered", "no page leads back from this step");
  LeaveStep effect = leave(position, step_result::back);
  effect.show.emplace();
  effect.show->position = before->position;
  const auto shown = std::ranges::count(m_saved.flow.steps, before->position, &ShownStep::position);
  effect.show->try_number = static_cast<int>(shown) + 1;
  return {std::move(effect)};
}

Effects StudyProgress::leave_questionnaire(const Study& study, const FlowStep& step, const SchedulePosition& position,
                                           const StepDone& event) const {
  const auto form = form_of(study, *position.current(), participant_key(participant()));
  TELLINA_ASSERT(form);
  const boost::json::object& given = event.answers ? *event.answers : m_saved.flow.answers;
  if (auto faults = check_answers(*form, given); !faults.empty()) {
    Effects refusal = refuse("bad_answers", "some answers are missing or not possible");
    std::get<RefuseRequest>(refusal.front()).fields = std::move(faults);
    return refusal;
  }
  LeaveStep effect = leave(position, step_result::submitted);
  effect.answers = shown_answers(*form, given);
  effect.outcome = ending_outcome(step.ends_if, effect.answers);
  if (!effect.outcome && step.repeat_if_wrong && !wrong_fields(*form, effect.answers).empty()) {
    // The first showing is no repetition.
    const bool comes_again = position.try_number() <= step.repeat_if_wrong->times;
    if (comes_again) {
      effect.result = step_result::again;
    } else {
      effect.outcome = step.repeat_if_wrong->outcome;
    }
  }
  return {std::move(effect)};
}

Effects StudyProgress::on(const Study& study, const WithdrawalRequested& event) {
  const Withdrawal rule = study.design.withdrawal;
  if (rule == Withdrawal::off) return refuse("not_offered", "this study cannot be left here");
  if (position(study).outcome()) return {ConfirmRequest{}};
  if (m_requested_outcome) return {};
  m_requested_outcome.emplace().outcome = Outcome::withdrew;
  m_requested_outcome->erases = rule == Withdrawal::erase || (rule == Withdrawal::ask && event.erases);
  if (task_runs()) return {StopTask{}};
  return next_work(study);
}

Effects StudyProgress::on(const Study& study, const ScheduleStored& event) {
  TELLINA_ASSERT(m_saved.flow.schedule.empty());
  m_saved.flow.schedule = event.schedule;
  return state_and_next_work(study);
}

Effects StudyProgress::on(const Study& study, const GroupChosen& event) {
  TELLINA_ASSERT(!m_saved.flow.has_group);
  TELLINA_ASSERT(event.schedule.size() >= m_saved.flow.schedule.size());
  m_saved.flow.schedule = event.schedule;
  m_saved.flow.has_group = true;
  return state_and_next_work(study);
}

Effects StudyProgress::on(const Study&, const StepShown& event) {
  ShownStep& step = m_saved.flow.steps.emplace_back();
  step.position = event.position;
  step.try_number = event.try_number;
  step.shown_at = event.at;
  m_saved.flow.answers.clear();
  ++m_saved.state_number;
  return {SendState{}};
}

Effects StudyProgress::on(const Study&, const OutcomeRecorded& event) {
  m_saved.flow.outcome = event.outcome;
  m_saved.flow.completion_code = event.code;
  m_requested_outcome.reset();
  ++m_saved.state_number;
  return {SendState{}};
}

Effects StudyProgress::on(const Study& study, const StepLeft& event) {
  const auto left = std::find_if(m_saved.flow.steps.rbegin(), m_saved.flow.steps.rend(),
                                 [](const ShownStep& step) { return !step.result; });
  TELLINA_ASSERT(left != m_saved.flow.steps.rend());
  left->result = event.result;
  ++m_saved.state_number;
  if (event.outcome) return on(study, *event.outcome);
  if (event.shown) return on(study, *event.shown);
  return state_and_next_work(study);
}

void StudyProgress::check_invariant() const {
  TELLINA_ASSERT(m_saved.state_number >= 0);
  TELLINA_ASSERT(!m_saved.latest || m_saved.latest->charged >= std::chrono::nanoseconds::zero());
  for (const TaskOutcome& outcome : m_saved.outcomes) TELLINA_ASSERT(outcome.state != TaskSessionState::running);
  const auto open = std::ranges::count_if(m_saved.flow.steps, [](const ShownStep& step) { return !step.result; });
  TELLINA_ASSERT(open <= 1);
}

}  // namespace tellina
