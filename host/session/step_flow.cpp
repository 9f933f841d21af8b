#include "host/session/step_flow.hpp"

#include <boost/json.hpp>
#include <type_traits>
#include <utility>

#include "host/limits.hpp"
#include "host/study/completion_code.hpp"
#include "host/text/json.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina {
namespace {

std::vector<StoredEntry> stored_entries(const Study& study, const Schedule& schedule) {
  std::vector<StoredEntry> entries;
  for (const ScheduleEntry& entry : schedule) {
    StoredEntry& stored = entries.emplace_back();
    stored.entry = entry;
    if (entry.task > 0) stored.task_id = study.tasks[static_cast<std::size_t>(entry.task) - 1].id;
    const FlowStep* const step = step_of(study, entry);
    if (step && entry.kind == EntryKind::questionnaire) stored.form = step->form;
  }
  return entries;
}

/// Records an outcome with its code; returns the event that follows.
class OutcomeWriter {
 public:
  OutcomeWriter(std::shared_ptr<const Study> study, Random& random)
      : m_study(std::move(study)), m_new_key(random_token(random, 32)) {}

  StudyProgress::OutcomeRecorded write(ParticipantSteps& steps, Outcome outcome, Timestamp at) const {
    StudyProgress::OutcomeRecorded recorded;
    recorded.outcome = outcome;
    const auto completion = m_study->design.completion.find(outcome);
    if (completion != m_study->design.completion.end() && completion->second.has_own_code) {
      recorded.code = completion_code(steps.find_key(completion_key, m_new_key), steps.label(), outcome);
    }
    steps.record_outcome(outcome, recorded.code, at);
    return recorded;
  }

 private:
  std::shared_ptr<const Study> m_study;
  Bytes m_new_key;
};

std::string refusal_frame(const StudyProgress::RefuseRequest& refusal, const RequestId& id) {
  JsonObject details;
  if (!refusal.fields.empty()) {
    std::string list;
    for (const FieldFault& fault : refusal.fields) {
      JsonObject field;
      field.add("name", fault.name).add("message", fault.message);
      list += (list.empty() ? "" : ",") + field.text();
    }
    details.add_json("fields", "[" + list + "]");
  }
  if (refusal.time_left) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*refusal.time_left).count();
    details.add_json("seconds_left", std::to_string(seconds));
  }
  return error_frame(refusal.code, refusal.message, id, details);
}

}  // namespace

StepFlow::StepFlow(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder, Owner& owner)
    : m_environment(environment), m_loop(loop), m_recorder(recorder), m_owner(owner), m_seen_timer(loop.make_timer()) {}

// Requests.

void StepFlow::answer(const StepAnswerFrame& frame) {
  for (const StudyProgress::Effect& effect :
       m_owner.judge(StudyProgress::AnswerChanged{frame.step, frame.field, frame.value})) {
    record(effect);
  }
}

void StepFlow::leave(const StepDoneFrame& frame) { accept(frame); }

void StepFlow::withdraw(const WithdrawFrame& frame) { accept(frame); }

void StepFlow::accept(Request request) {
  if (!m_is_recording) return std::visit([this](const auto& frame) { handle(frame); }, request);
  if (m_waiting.size() >= limits::answered_requests) {
    const RequestId id = std::visit([](const auto& frame) { return frame.id; }, request);
    return m_owner.send(error_frame("busy", "too many requests wait for the record", id));
  }
  m_waiting.push_back(std::move(request));
}

void StepFlow::handle(const StepDoneFrame& frame) {
  StudyProgress::StepDone event;
  event.step = frame.step;
  event.answers = frame.answers;
  event.choice = frame.choice;
  event.at = m_loop.clock().now();
  reply(frame.id, m_owner.judge(event));
}

void StepFlow::handle(const WithdrawFrame& frame) {
  reply(frame.id, m_owner.judge(StudyProgress::WithdrawalRequested{frame.erases}));
}

void StepFlow::reply(const RequestId& id, const StudyProgress::Effects& effects) {
  // Without effects, an earlier request has caused the same.
  if (effects.empty()) m_unconfirmed.push_back(id);
  for (const StudyProgress::Effect& effect : effects) {
    if (const auto* refusal = std::get_if<StudyProgress::RefuseRequest>(&effect)) {
      m_owner.send(refusal_frame(*refusal, id));
    } else if (std::holds_alternative<StudyProgress::ConfirmRequest>(effect)) {
      m_owner.send(done_frame(id));
    } else {
      if (&effect == &effects.front()) m_unconfirmed.push_back(id);
      m_owner.carry_out(effect);
    }
  }
}

void StepFlow::confirm_requests() {
  for (const RequestId& id : std::exchange(m_unconfirmed, {})) m_owner.send(done_frame(id));
}

void StepFlow::handle_next() {
  while (!m_is_recording && !m_waiting.empty()) {
    const Request request = std::move(m_waiting.front());
    m_waiting.pop_front();
    std::visit([this](const auto& frame) { handle(frame); }, request);
  }
  if (!m_is_recording) m_owner.flow_is_idle();
}

// The record.

void StepFlow::record(const StudyProgress::Effect& effect) {
  std::visit(
      [this](const auto& wanted) {
        if constexpr (requires { write(wanted); }) {
          write(wanted);
        } else {
          TELLINA_ASSERT(false);
        }
      },
      effect);
}

void StepFlow::write(Job job, std::function<StudyProgress::Event()> event) {
  TELLINA_ASSERT(!m_is_recording);
  m_is_recording = true;
  m_recorder.write([fence = m_recorder.fence(), job = std::move(job)](
                       StoreTransaction& transaction, TaskSessionId) { job(*transaction.steps(fence)); },
                   m_loop.guarded(m_lifeline.guarded([this, event = std::move(event)] {
                     m_is_recording = false;
                     m_owner.apply_event(event());
                     handle_next();
                   })));
}

void StepFlow::write(const StudyProgress::StoreSchedule& effect) {
  write(
      [study = m_environment.study, schedule = effect.schedule, at = now()](ParticipantSteps& steps) {
        steps.store_schedule(stored_entries(*study, schedule), study->design.hash, at);
      },
      [schedule = effect.schedule] { return StudyProgress::ScheduleStored{schedule}; });
}

void StepFlow::write(const StudyProgress::ChooseGroup&) {
  const auto result = std::make_shared<StudyProgress::Event>();
  const auto group = std::make_shared<std::string>();
  write(
      [study = m_environment.study, outcomes = OutcomeWriter(m_environment.study, m_environment.random), result, group,
       at = now()](ParticipantSteps& steps) {
        const auto choice = steps.choose_group(
            [&](const std::vector<AssignedParticipant>& participants, const Arrival& arrival,
                std::chrono::nanoseconds since_epoch) {
              return choose_group(study->design, count_groups(study->design, participants, since_epoch), arrival);
            },
            at);
        if (!choice) {
          *result = outcomes.write(steps, Outcome::full, at);
          return;
        }
        const Schedule schedule = make_schedule(*study, *choice);
        steps.store_schedule(stored_entries(*study, schedule), study->design.hash, at);
        *group = choice->group;
        *result = StudyProgress::GroupChosen{schedule};
      },
      [this, result, group] {
        if (const auto* outcome = std::get_if<StudyProgress::OutcomeRecorded>(result.get())) {
          log_outcome(*outcome);
        } else {
          log_event("assigned").add("group", *group).write(m_environment.log);
        }
        return *result;
      });
}

void StepFlow::write(const StudyProgress::ShowStep& effect) {
  StudyProgress::StepShown shown;
  shown.position = effect.position;
  shown.try_number = effect.try_number;
  const Timestamp at = now();
  shown.at = at.monotonic;
  write([effect, at](ParticipantSteps& steps) { steps.show(effect.position, effect.try_number, at); },
        [this, shown] {
          log_step("step_shown", shown.position).write(m_environment.log);
          return shown;
        });
}

void StepFlow::write(const StudyProgress::KeepAnswer& effect) {
  StoredAnswer answer;
  answer.position = effect.position;
  answer.try_number = effect.try_number;
  answer.field = effect.field;
  answer.value = boost::json::serialize(effect.value);
  m_recorder.write(
      [fence = m_recorder.fence(), answer = std::move(answer), at = now()](
          StoreTransaction& transaction, TaskSessionId) { transaction.steps(fence)->keep_answer(answer, at); },
      [] {});
}

void StepFlow::write(const StudyProgress::LeaveStep& effect) {
  StoredStepEnd end;
  end.position = effect.position;
  end.try_number = effect.try_number;
  end.result = effect.result;
  end.consent_version = effect.consent_version;
  for (const auto& member : effect.answers) {
    StoredAnswer& answer = end.answers.emplace_back();
    answer.position = effect.position;
    answer.try_number = effect.try_number;
    answer.field = member.key();
    answer.value = boost::json::serialize(member.value());
    answer.is_final = true;
  }
  const Timestamp at = now();
  if (effect.overrun) {
    const auto milliseconds = std::chrono::round<std::chrono::milliseconds>(*effect.overrun).count();
    m_recorder.note_of_participant(
        EventRecord("break_overrun", "{\"milliseconds\":" + std::to_string(milliseconds) + "}", at));
  }
  const auto left = std::make_shared<StudyProgress::StepLeft>();
  write(
      [end = std::move(end), effect, outcomes = OutcomeWriter(m_environment.study, m_environment.random), left,
       at](ParticipantSteps& steps) {
        *left = StudyProgress::StepLeft{effect.result};
        steps.leave(end, at);
        if (effect.outcome) left->outcome = outcomes.write(steps, *effect.outcome, at);
        if (!effect.show) return;
        steps.show(effect.show->position, effect.show->try_number, at);
        left->shown = StudyProgress::StepShown{effect.show->position, effect.show->try_number, at.monotonic};
      },
      [this, left, position = effect.position] {
        log_step("step_done", position).add("result", left->result).write(m_environment.log);
        if (left->shown) log_step("step_shown", left->shown->position).write(m_environment.log);
        if (left->outcome) log_outcome(*left->outcome);
        confirm_requests();
        return *left;
      });
}

void StepFlow::write(const StudyProgress::RecordOutcome& effect) {
  const auto recorded = std::make_shared<StudyProgress::OutcomeRecorded>();
  write(
      [effect, outcomes = OutcomeWriter(m_environment.study, m_environment.random), recorded,
       at = now()](ParticipantSteps& steps) {
        *recorded = outcomes.write(steps, effect.outcome, at);
        if (effect.erases) steps.erase(at);
      },
      [this, recorded] {
        log_outcome(*recorded);
        confirm_requests();
        return *recorded;
      });
}

void StepFlow::see_participant() {
  m_seen_timer->start(m_loop.clock().now() + limits::seen_interval, [this] {
    if (m_owner.has_client()) see_participant();
  });
  // While the store cannot write, one such write waits.
  if (std::exchange(m_is_seen_pending, true)) return;
  m_recorder.write(
      [fence = m_recorder.fence(), stage = m_environment.study->design.stage, at = now()](
          StoreTransaction& transaction, TaskSessionId) { transaction.steps(fence)->set_last_seen(stage, at); },
      m_loop.guarded(m_lifeline.guarded([this] { m_is_seen_pending = false; })));
}

// The log.

LogEvent StepFlow::log_event(std::string_view name) const {
  LogEvent event(name);
  event.add_participant(m_owner.progress().participant());
  return event;
}

LogEvent StepFlow::log_step(std::string_view name, int position) const {
  LogEvent event = log_event(name);
  event.add("position", position);
  for (const ScheduleEntry& entry : m_owner.progress().values().flow.schedule) {
    if (entry.position == position) event.add("step", entry.step_id);
  }
  return event;
}

void StepFlow::log_outcome(const StudyProgress::OutcomeRecorded& event) const {
  log_event("outcome").add("outcome", to_string(event.outcome)).write(m_environment.log);
}

}  // namespace tellina
