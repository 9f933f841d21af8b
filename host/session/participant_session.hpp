#pragma once

/// One participant's session at its owner: clients that attach and leave, the study's next step, and the running task.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "host/runtime/log_event.hpp"
#include "host/session/attached_client.hpp"
#include "host/session/client_connection.hpp"
#include "host/session/recorder.hpp"
#include "host/session/request_log.hpp"
#include "host/session/session_loop.hpp"
#include "host/session/start_queue.hpp"
#include "host/session/step_flow.hpp"
#include "host/session/task_session.hpp"
#include "host/session/work_budget.hpp"
#include "host/study/study_progress.hpp"
#include "host/wire/client_frames.hpp"

namespace tellina {

/// Created once the lease is acquired. Continues a task that another owner left running.
///
/// An AssertionFailure inside the session ends only this session: a running task is recorded as `interrupted`, clients
/// are disconnected (1011), and the callback `lost` asks the owner to destroy the session. A client that reconnects
/// gets a new session.
///
/// It is long because each of its functions needs the task, the clients and the record together. Functions that need
/// less are in other classes: StudyProgress chooses the next task, TaskSession runs the task, AttachedClient counts
/// bytes, ObservationLimit limits reports, SessionLoop catches failures.
///
/// Threads: the loop's. Lifetime: a connection must stay until detach() or until its close() has been called.
class ParticipantSession final : private TaskSession::Owner, private StepFlow::Owner {
 public:
  class Callbacks {
   public:
    std::function<void()> idle;  ///< no client is connected and no task runs: the owner may call release()
    /// The participant has a newer owner, or the session has failed: the owner must destroy the session.
    std::function<void()> lost;
  };

  /// `budget`: of the participant; it may outlive the session. Null: the session has one of its own.
  ParticipantSession(SessionEnvironment& environment, const LeaseResult& lease, Callbacks callbacks,
                     std::shared_ptr<WorkBudget> budget = nullptr);
  ~ParticipantSession();

  ParticipantId participant() const { return m_progress.participant(); }

  void attach(ClientConnection& connection);
  /// Whether this connection has the terminal: its hello was handled, and no newer one has replaced it.
  bool is_attached(const ClientConnection& connection) const;
  void detach(ClientConnection& connection, const std::string& reason);
  void on_data(ClientConnection& connection, BytesView frame);
  void on_text(ClientConnection& connection, BytesView json);
  /// How long the next message should wait, because the participant has used up a budget; usually zero. It is never
  /// refused.
  std::chrono::nanoseconds pause();

  /// The participant may not log in any more. A task that waits for its sandbox and a prewarmed sandbox are dropped;
  /// one that runs continues.
  void lose_access();

  /// The leases are valid again after they might have expired. Reads and writes the terminal again.
  void resume();
  bool is_idle() const;
  /// Ends the session in an orderly way: removes the sandbox, records everything, returns the lease, and closes
  /// connections with 1012 (service restart).
  void release(std::function<void()> done);
  /// Ends without a write to the store, because another owner has the lease now. Closes connections with 1012.
  void abandon();
  /// An assertion that guards this session failed outside of it, such as in a connection. The session ends as if it had
  /// failed inside. Does nothing if the session has failed already.
  void report_failure(const AssertionFailure& failure);
  /// Whether the session has failed. It will call `lost`, and accepts no more connections.
  bool has_failed() const { return m_has_failed; }

  void check_invariant() const;

 private:
  // TaskSession::Owner and StepFlow::Owner
  void send(std::string json) override;
  AttachedClient* client() override { return m_client.get(); }
  void task_started() override;
  void start_progressed(const std::string& sentence) override;
  void task_not_started(const std::string& reference) override;
  void task_changed() override { apply(StudyProgress::TaskChanged{m_task->row()}); }
  void reset_finished(const std::string& reference) override;
  void hand_in_finished(bool is_judged) override;
  void task_end_recorded(TaskSessionState outcome, std::chrono::nanoseconds charged) override;
  void task_ended() override;
  // StepFlow::Owner
  const StudyProgress& progress() const override { return m_progress; }
  void apply_event(const StudyProgress::Event& event) override { apply(event); }
  StudyProgress::Effects judge(const StudyProgress::Event& event) override;
  void carry_out(const StudyProgress::Effect& effect) override;
  bool has_client() const override { return m_client != nullptr; }
  void flow_is_idle() override { check_idle(); }

  void handle_data(ClientConnection& connection, BytesView frame);
  void handle_text(ClientConnection& connection, BytesView json);
  void hello(ClientConnection& connection, const HelloFrame& frame);
  /// If a client or a stream belongs to another participant, replies with an error and returns true.
  bool refuses_hello(ClientConnection& connection, const HelloFrame& frame);
  /// Detaches the client, which stays connected. `reason` is for the record and the log.
  void release_client(const std::string& reason);
  void replace_client();
  void resize(TerminalSize size);
  void start_task(const StartTaskFrame& frame);
  void reset(const ResetFrame& frame);
  void give_up(const GiveUpFrame& frame);
  void submit(const SubmitFrame& frame);
  void withdraw(const WithdrawFrame& frame);
  void show_solution(const ShowSolutionFrame& frame);
  /// If a request names another task than the current one, replies with an error and returns true.
  bool refuses_task(std::optional<int> task, const RequestId& id);
  void refuse(const TaskRefusal& refusal, const RequestId& id);
  void ping(ClientConnection& connection, const PingFrame& frame);
  void observe(ObservationFrame frame);
  /// The request gets its answer later.
  void wait(RequestKind kind, const RequestId& id);
  /// Answers all of this kind with `done`.
  void finish_requests(RequestKind kind, const std::string& sandbox = {});

  /// Passes an event to the study's state machine and carries out the effects that it returns.
  void apply(const StudyProgress::Event& event);
  /// Creates the sandbox for the next task while a client shows the task's description.
  void prepare(int task_number);
  void begin_task(int number);
  void take_over(bool released_in_order);
  std::unique_ptr<SandboxSlot> make_slot(std::shared_ptr<const Study> study, int task_number);
  /// The prewarmed slot if it is for that task, otherwise an empty one.
  std::unique_ptr<SandboxSlot> take_slot(int task_number);
  void drop_prewarmed_slot();
  /// Removes what a slot has; the session waits for it.
  void stop_slot(std::unique_ptr<SandboxSlot> slot);
  /// No client is attached: a page that is reloaded soon finds the prewarmed sandbox, or the start of the task's.
  void keep_starts_for_a_while();
  /// Drops the task if it still waits for its sandbox. `reason` is for the record.
  void drop_waiting_task(const char* reason);

  void send_welcome(const RequestId& id);
  void refuse_for_want_of_a_sandbox(RequestKind kind, const std::string& reference);
  void send_state();
  void close_all(int code, const std::string& reason);
  std::string state();
  bool task_runs() const { return m_task && m_task->runs(); }
  Timestamp now() const { return Timestamp(m_environment.loop.clock()); }
  void check_idle();
  void give_up_ownership(std::function<void()> done);
  /// Calls a callback of the owner, which may destroy the session, on the loop's next turn.
  void notify_owner(const std::function<void()>& callback);

  /// Handles an assertion that failed inside the session's boundary. After that, only the record is still used.
  void fail(const AssertionFailure& failure);
  /// Handles a failed assertion in the record, which is then not used any more, either.
  void fail_record(const AssertionFailure& failure);
  void log_failure(const AssertionFailure& failure);
  std::chrono::nanoseconds charged_at_failure() const;
  /// Ends the task in the store: through the recorder, or without it.
  void interrupt();
  void interrupt_without_recorder();
  void end_failed();

  /// A log event about this participant and the running task, if any.
  LogEvent log_event(std::string_view name) const;
  void log_arrival(bool has_been_here);
  void log_departure(std::string_view reason);

  SessionEnvironment& m_environment;
  Callbacks m_callbacks;
  SessionLoop m_loop;
  SessionLoop m_record_loop;  ///< the record continues after a failure elsewhere in the session
  StudyProgress m_progress;
  Recorder m_recorder;
  StepFlow m_flow;

  std::set<ClientConnection*> m_connections;
  std::unique_ptr<AttachedClient> m_client;
  std::optional<MonotonicTime> m_left{};  ///< when the last client left; absent if none has left
  TerminalSize m_size;
  std::string m_timezone;  ///< of the latest client

  const std::shared_ptr<StartQueue> m_starts = std::make_shared<StartQueue>();
  std::unique_ptr<SandboxSlot> m_prewarmed_slot;  ///< for the next task, while no task runs
  const std::unique_ptr<Loop::Timer> m_prewarmed_timer;
  const std::unique_ptr<Loop::Timer> m_waiting_task_timer;  ///< while no client is attached and a task waits
  int m_stopping_slots = 0;                                 ///< unused slots whose sandboxes are being removed
  std::function<void()> m_when_slots_stopped{};
  std::unique_ptr<TaskSession> m_task;
  std::string m_last_stream;
  std::set<std::string> m_streams;  ///< of all the participant's task sessions
  RequestLog m_requests;
  const std::shared_ptr<WorkBudget> m_budget;
  bool m_is_released = false;
  bool m_has_failed = false;
  std::function<void()> m_when_interrupted{};  ///< `done` of a release() after the session failed
  Lifeline m_lifeline;
};

}  // namespace tellina
