#pragma once

/// A participant's way through the study: which step is next, and what each event causes.

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/study/participant.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// Pure: events go in, effects come out; it reads and sends nothing. Today a study consists of tasks, one after
/// another. A new kind of step, such as a questionnaire or a break, needs a StepKind, the events that begin and end it,
/// and the effects that the session has to carry out.
///
/// The study is an argument of each call, because it may be replaced while no task runs.
class StudyProgress {
 public:
  enum class StepKind : std::uint8_t {
    task,     ///< not started yet, or running
    finished  ///< all tasks have ended
  };
  struct Step {
    StepKind kind = StepKind::finished;
    int task_number = 0;  ///< from 1; of a `task`
  };

  // Events.

  struct ClientArrived {};
  /// A client asks to start this task.
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
  using Event = std::variant<ClientArrived, TaskRequested, TaskStarted, TaskChanged, TaskEnded, TaskCleanedUp>;

  // Effects, to carry out in order.

  struct StartTask {
    int number = 0;
  };
  /// The requested task already runs: welcome the client to it.
  struct RejoinTask {};
  /// Answer the request with this error of the wire protocol.
  struct RefuseRequest {
    std::string code;
    std::string message;
  };
  /// This task is about to start: its sandbox may be prepared.
  struct PrepareTask {
    int number = 0;
  };
  /// Send clients the new state object.
  struct SendState {};
  using Effect = std::variant<StartTask, RejoinTask, RefuseRequest, PrepareTask, SendState>;
  using Effects = std::vector<Effect>;

  explicit StudyProgress(ParticipantProgress saved) : m_saved(std::move(saved)) {}

  /// Fails an assertion if the event cannot happen now: TaskStarted while a task runs, TaskChanged and TaskEnded while
  /// none does, TaskCleanedUp before the end.
  Effects apply(const Study& study, const Event& event);

  Step step(const Study& study) const;
  bool task_runs() const { return m_saved.latest && m_saved.latest->state == TaskSessionState::running; }
  /// For a request that names a task: the refusal if that is not the current task.
  std::optional<RefuseRequest> refuse_other_task(int number) const;

  ParticipantId participant() const { return m_saved.participant; }
  /// The values that form the state object.
  const ParticipantProgress& values() const { return m_saved; }

  void check_invariant() const;

 private:
  Effects on(const Study& study, const ClientArrived&) const;
  Effects on(const Study& study, const TaskRequested& event) const;
  Effects on(const Study& study, const TaskStarted& event);
  Effects on(const Study& study, const TaskChanged& event);
  Effects on(const Study& study, const TaskEnded& event);
  Effects on(const Study& study, const TaskCleanedUp&) const;
  /// PrepareTask, if the next step is a task that does not run yet.
  void add_preparation(const Study& study, Effects& effects) const;

  ParticipantProgress m_saved;
};

}  // namespace tellina
