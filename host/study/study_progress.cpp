#include "host/study/study_progress.hpp"

#include "host/runtime/assertion.hpp"
#include "host/study/state_json.hpp"

namespace tellina {

StudyProgress::Effects StudyProgress::apply(const Study& study, const Event& event) {
  const InvariantScope invariant(*this);
  return std::visit([&](const auto& happened) { return on(study, happened); }, event);
}

StudyProgress::Step StudyProgress::step(const Study& study) const {
  const int number = current_task_number(m_saved);
  if (number < 1 || static_cast<std::size_t>(number) > study.tasks.size()) return {};
  return {StepKind::task, number};
}

std::optional<StudyProgress::RefuseRequest> StudyProgress::refuse_other_task(int number) const {
  const int current = current_task_number(m_saved);
  if (number == current) return std::nullopt;
  return RefuseRequest{"wrong_task", "expected task " + std::to_string(current) + ", got " + std::to_string(number)};
}

void StudyProgress::add_preparation(const Study& study, Effects& effects) const {
  const Step next = step(study);
  if (next.kind == StepKind::task && !task_runs()) effects.emplace_back(PrepareTask{next.task_number});
}

StudyProgress::Effects StudyProgress::on(const Study& study, const ClientArrived&) const {
  Effects effects;
  add_preparation(study, effects);
  return effects;
}

StudyProgress::Effects StudyProgress::on(const Study& study, const TaskRequested& event) const {
  const Step current = step(study);
  if (current.kind == StepKind::finished) return {RefuseRequest{"no_task", "all tasks have been done"}};
  if (auto refusal = refuse_other_task(event.number)) return {*std::move(refusal)};
  if (task_runs()) return {RejoinTask{}};
  return {StartTask{current.task_number}};
}

StudyProgress::Effects StudyProgress::on(const Study&, const TaskStarted& event) {
  TELLINA_ASSERT(!task_runs());
  TELLINA_ASSERT(event.session.state == TaskSessionState::running);
  TELLINA_ASSERT(event.session.task_number == current_task_number(m_saved));
  m_saved.latest = event.session;
  ++m_saved.state_number;
  return {SendState{}};
}

StudyProgress::Effects StudyProgress::on(const Study&, const TaskChanged& event) {
  TELLINA_ASSERT(task_runs());
  TELLINA_ASSERT(event.session.id == m_saved.latest->id);
  m_saved.latest = event.session;
  return {SendState{}};
}

StudyProgress::Effects StudyProgress::on(const Study&, const TaskEnded& event) {
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

StudyProgress::Effects StudyProgress::on(const Study& study, const TaskCleanedUp&) const {
  TELLINA_ASSERT(!task_runs());
  Effects effects{SendState{}};
  add_preparation(study, effects);
  return effects;
}

void StudyProgress::check_invariant() const {
  TELLINA_ASSERT(m_saved.state_number >= 0);
  TELLINA_ASSERT(!m_saved.latest || m_saved.latest->charged >= std::chrono::nanoseconds::zero());
  for (const TaskOutcome& outcome : m_saved.outcomes) TELLINA_ASSERT(outcome.state != TaskSessionState::running);
}

}  // namespace tellina
