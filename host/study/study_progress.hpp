#pragma once

/// A participant's way through the study: which step is next, and what each event causes.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/study/form.hpp"
#include "host/study/participant.hpp"
#include "host/study/schedule_position.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// Pure: events go in, effects come out; it reads and sends nothing. Events that change what participants see come
/// after the store has recorded them, so a server that continues after another one is in the same place. What has to be
/// recorded next follows from the state alone (see add_next_work()), so nothing is lost when a server dies between two
/// steps.
///
/// The study is an argument of each call, because it may be replaced while no task runs.
class StudyProgress {
 public:
  // Events.

  struct ClientArrived {
    MonotonicTime at{};
  };
  /// A client asks to start this task; the wire's number.
  struct TaskRequested {
    int number = 0;
  };
  /// The task session has begun, in the store too.
  struct TaskStarted {
    TaskSessionRow session;
  };
  /// The running task has changed in a way that participants see: its clock, or its terminal.
  struct TaskChanged {
    TaskSessionRow session;
  };
  /// The outcome of the running task is in the store. `outcome` is not `running`.
  struct TaskEnded {
    TaskSessionState outcome = TaskSessionState::passed;
    std::chrono::nanoseconds charged{};
  };
  /// The last task's sandbox and record are finished, so the next step may begin.
  struct TaskCleanedUp {};
  /// An answer of the form that is shown has changed.
  struct AnswerChanged {
    std::string step;
    std::string field;
    boost::json::value value;
  };
  /// The participant wants to leave a step.
  struct StepDone {
    std::string step;
    std::optional<boost::json::object> answers;  ///< instead of those that have been kept
    std::string choice;                          ///< "agree", "refuse", "back" or nothing
    MonotonicTime at{};
  };
  struct WithdrawalRequested {
    bool erases = false;  ///< the participant's choice, if the study leaves it to them
  };
  // These are in the store.
  struct ScheduleStored {
    Schedule schedule;
  };
  struct GroupChosen {
    Schedule schedule;  ///< complete
  };
  struct StepShown {
    int position = 0;
    int try_number = 1;
    MonotonicTime at{};
  };
  struct OutcomeRecorded {
    Outcome outcome = Outcome::completed;
    std::string code;  ///< for the participant; may be empty
  };
  /// The step that was shown last.
  struct StepLeft {
    std::string result;
    std::optional<OutcomeRecorded> outcome{};  ///< recorded with it
    std::optional<StepShown> shown{};          ///< recorded with it
  };
  using Event =
      std::variant<ClientArrived, TaskRequested, TaskStarted, TaskChanged, TaskEnded, TaskCleanedUp, AnswerChanged,
                   StepDone, WithdrawalRequested, ScheduleStored, GroupChosen, StepShown, OutcomeRecorded, StepLeft>;

  // Effects, to carry out in order.

  struct StartTask {
    int number = 0;  ///< in Study::tasks
  };
  /// The requested task already runs: welcome the client to it.
  struct RejoinTask {};
  /// Answer the request with this error of the wire protocol.
  struct RefuseRequest {
    std::string code;
    std::string message;
    std::vector<FieldFault> fields{};
    std::optional<std::chrono::nanoseconds> time_left{};
  };
  /// The request has been carried out before: confirm it.
  struct ConfirmRequest {};
  /// This task is about to start: its sandbox may be prepared.
  struct PrepareTask {
    int number = 0;  ///< in Study::tasks
  };
  /// Send clients the new state object.
  struct SendState {};
  /// Record these; each is followed by its event (ScheduleStored, GroupChosen or OutcomeRecorded, StepShown, StepLeft,
  /// OutcomeRecorded), or by nothing (KeepAnswer).
  struct StoreSchedule {
    Schedule schedule;
  };
  struct ChooseGroup {};
  struct ShowStep {
    int position = 0;
    int try_number = 1;
  };
  struct KeepAnswer {
    int position = 0;
    int try_number = 1;
    std::string field;
    boost::json::value value;
  };
  struct LeaveStep {
    int position = 0;
    int try_number = 1;
    std::string result;
    boost::json::object answers{};                      ///< the final ones, of a questionnaire
    std::string consent_version{};                      ///< of a consent
    std::optional<Outcome> outcome{};                   ///< which the step causes; recorded together with its end
    std::optional<std::chrono::nanoseconds> overrun{};  ///< of a break that took too long
    std::optional<ShowStep> show{};                     ///< the step to go back to, shown in the same transaction
  };
  struct RecordOutcome {
    Outcome outcome = Outcome::completed;
    bool erases = false;  ///< withdrew: and the participant's data with it
  };
  /// End the running task: the participant withdraws. TaskEnded and TaskCleanedUp follow.
  struct StopTask {};
  using Effect = std::variant<StartTask, RejoinTask, RefuseRequest, ConfirmRequest, PrepareTask, SendState,
                              StoreSchedule, ChooseGroup, ShowStep, KeepAnswer, LeaveStep, RecordOutcome, StopTask>;
  using Effects = std::vector<Effect>;

  explicit StudyProgress(ParticipantProgress saved) : m_saved(std::move(saved)) {}

  /// Fails an assertion if the event cannot happen now: TaskStarted while a task runs, TaskChanged and TaskEnded while
  /// none does, TaskCleanedUp before the end, StepShown of another step than the current one, StepLeft of none.
  Effects apply(const Study& study, const Event& event);

  /// Valid until the next event.
  SchedulePosition position(const Study& study) const { return {study, m_saved}; }
  bool task_runs() const { return m_saved.latest && m_saved.latest->state == TaskSessionState::running; }
  /// For a request that names a task by the wire's number: the refusal if that is not the current task.
  std::optional<RefuseRequest> refuse_other_task(const Study& study, int number) const;

  ParticipantId participant() const { return m_saved.participant; }
  /// The values that form the state object.
  const ParticipantProgress& values() const { return m_saved; }

  void check_invariant() const;

 private:
  Effects on(const Study& study, const ClientArrived& event);
  Effects on(const Study& study, const TaskRequested& event) const;
  Effects on(const Study& study, const TaskStarted& event);
  Effects on(const Study& study, const TaskChanged& event);
  Effects on(const Study& study, const TaskEnded& event);
  Effects on(const Study& study, const TaskCleanedUp&) const;
  Effects on(const Study& study, const AnswerChanged& event);
  Effects on(const Study& study, const StepDone& event) const;
  Effects on(const Study& study, const WithdrawalRequested& event);
  Effects on(const Study& study, const ScheduleStored& event);
  Effects on(const Study& study, const GroupChosen& event);
  Effects on(const Study& study, const StepShown& event);
  Effects on(const Study& study, const StepLeft& event);
  Effects on(const Study& study, const OutcomeRecorded& event);

  Effects leave_consent(const FlowStep& step, const SchedulePosition& position, const StepDone& event) const;
  Effects leave_page(const Study& study, const SchedulePosition& position, const StepDone& event) const;
  Effects leave_questionnaire(const Study& study, const FlowStep& step, const SchedulePosition& position,
                              const StepDone& event) const;
  /// What has to be recorded or prepared now; whether clients can see the state already.
  Effects next_work(const Study& study) const;
  Effects state_and_next_work(const Study& study) const;

  ParticipantProgress m_saved;
  /// To be recorded as soon as no task runs.
  std::optional<RecordOutcome> m_requested_outcome;
};

}  // namespace tellina
