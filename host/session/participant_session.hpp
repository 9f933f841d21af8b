#pragma once

/// One participant as their owner sees them: clients that come and go, the study's next step, and the running task.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "host/runtime/log_event.hpp"
#include "host/session/attached_client.hpp"
#include "host/session/client_connection.hpp"
#include "host/session/observation.hpp"
#include "host/session/recorder.hpp"
#include "host/session/session_loop.hpp"
#include "host/session/task_session.hpp"
#include "host/study/study_progress.hpp"
#include "host/wire/client_frames.hpp"

namespace tellina {

/// Made when the lease has been acquired; continues a task that another owner left running.
///
/// An AssertionFailure inside the session ends it and no other: a running task is recorded as `interrupted`, clients
/// are disconnected (1011), and the owner gets the callback `lost` to destroy the session. A client that comes back
/// gets a new one.
///
/// Threads: the loop's. Lifetime: a connection must stay until detach() or until its close() has been called.
class ParticipantSession final : private TaskSession::Owner {
 public:
  class Callbacks {
   public:
    std::function<void()> idle;  ///< nobody is connected and nothing runs: the owner may release() it
    /// A newer owner has the participant, or the session has failed: the owner must destroy it.
    std::function<void()> lost;
  };

  ParticipantSession(SessionEnvironment& environment, const LeaseResult& lease, Callbacks callbacks);
  ~ParticipantSession();

  ParticipantId participant() const { return m_progress.participant(); }

  void attach(ClientConnection& connection);
  void detach(ClientConnection& connection, const std::string& reason);
  void on_data(ClientConnection& connection, BytesView frame);
  void on_text(ClientConnection& connection, BytesView json);

  /// The leases hold again after they might have lapsed: the terminal is read and written again.
  void resume();
  bool is_idle() const;
  /// Ends in order: sandbox gone, all recorded, lease given back, connections closed with 1012 (service restart).
  void release(std::function<void()> done);
  /// Without a write to the store, which belongs to another owner now: connections are closed with 1012.
  void abandon();

  void check_invariant() const;

 private:
  // TaskSession::Owner
  void send(std::string json) override;
  AttachedClient* client() override { return m_client.get(); }
  void task_started() override;
  void task_not_started(const std::string& reference) override;
  void task_changed() override { apply(StudyProgress::TaskChanged{m_task->row()}); }
  void reset_finished(const std::string& reference) override;
  void task_end_recorded(TaskSessionState outcome, std::chrono::nanoseconds charged) override;
  void task_ended() override;

  bool is_attached(const ClientConnection& connection) const;
  void handle_data(ClientConnection& connection, BytesView frame);
  void handle_text(ClientConnection& connection, BytesView json);
  void hello(ClientConnection& connection, const HelloFrame& frame);
  /// Answers and returns true where a client is another participant's, or a stream is none of this one's.
  bool refuses_hello(ClientConnection& connection, const HelloFrame& frame);
  /// The client stays connected, without a session. `reason` is for the record and the log.
  void release_client(const std::string& reason);
  void replace_client();
  void resize(TerminalSize size);
  void start_task(const StartTaskFrame& frame);
  void reset(const ResetFrame& frame);
  void give_up(const GiveUpFrame& frame);
  /// Whether a request is for another task than the current one; then that is answered.
  bool refuses_task(std::optional<int> task, const RequestId& id);
  void ping(ClientConnection& connection, const PingFrame& frame);
  void observe(ObservationFrame frame);
  std::string request_key(const std::string& kind, const RequestId& id) const;
  void finish_request(const std::string& kind, const RequestId& id, const std::string& sandbox = {});

  /// Tells the study's state machine and carries out what it asks for.
  void apply(const StudyProgress::Event& event);
  void carry_out(const StudyProgress::Effects& effects);
  /// Has the sandbox for the next task made while a client shows what the task is about.
  void prepare(int task_number);
  void begin_task(int number);
  void take_over(bool left_in_order);
  std::unique_ptr<SandboxSlot> make_slot(std::shared_ptr<const Study> study, int task_number);
  /// The slot that was prepared, if it is for that task, or an empty one.
  std::unique_ptr<SandboxSlot> take_slot(int task_number);
  void drop_prewarmed_slot();

  void send_welcome(const RequestId& id);
  void send_sandbox_unavailable(const RequestId& id, const std::string& reference);
  void send_state();
  void close_all(int code, const std::string& reason);
  std::string state();
  bool task_runs() const { return m_task && m_task->runs(); }
  Timestamp now() const { return Timestamp(m_environment.loop.clock()); }
  void check_idle();
  void give_up_ownership(std::function<void()> done);
  /// Runs a callback of the owner's, which may destroy the session, on the loop's next turn.
  void tell_owner(const std::function<void()>& callback);

  /// The session's boundary was left by a failed assertion. What it has is no longer trusted, except the record.
  void fail(const AssertionFailure& failure);
  /// The record itself is not to be trusted.
  void fail_record(const AssertionFailure& failure);
  void log_failure(const AssertionFailure& failure);
  std::chrono::nanoseconds charged_at_failure() const;
  /// Ends the task in the store, by the recorder or past it.
  void interrupt();
  void interrupt_past_the_recorder();
  void end_failed();

  /// A line for the log about this participant and the task that runs, if any.
  LogEvent log_event(std::string_view name) const;
  void log_arrival(bool has_been_here);
  void log_departure(std::string_view reason);

  SessionEnvironment& m_environment;
  Callbacks m_callbacks;
  SessionLoop m_loop;
  SessionLoop m_record_loop;  ///< the record outlives a failure of the rest
  StudyProgress m_progress;
  Recorder m_recorder;

  std::set<ClientConnection*> m_connections;
  std::unique_ptr<AttachedClient> m_client;
  std::optional<MonotonicTime> m_left{};  ///< when the last client left; absent while none has
  TerminalSize m_size;
  std::string m_timezone;  ///< of the client that came last

  std::unique_ptr<SandboxSlot> m_prewarmed_slot;  ///< for the next task, while none runs
  int m_leaving_slots = 0;                        ///< that were not needed and are not gone yet
  std::function<void()> m_when_slots_are_gone{};
  std::unique_ptr<TaskSession> m_task;
  std::string m_last_stream;
  std::set<std::string> m_streams;  ///< of all the participant's task sessions
  RequestId m_start_id;
  RequestId m_reset_id;
  RequestId m_give_up_id;
  std::set<std::string> m_done;  ///< requests that were answered and may come again
  ObservationLimit m_observation_limit;
  bool m_is_released = false;
  bool m_has_failed = false;
  std::function<void()> m_when_interrupted{};  ///< of a release() of a session that has failed
  Lifeline m_lifeline;
};

}  // namespace tellina
