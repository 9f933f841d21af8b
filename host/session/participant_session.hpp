#pragma once

/// One participant as their owner sees them: pages that come and go, the study's next step, and the running task.

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
#include "host/session/task_run.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina {

/// Made when the lease has been acquired; goes on with a task that another owner left running.
///
/// Threads: the loop's. Lifetime: a port must stay until detach() or until its close() has been called.
class ParticipantSession {
 public:
  class Callbacks {
   public:
    std::function<void()> idle;  ///< nobody is connected and nothing runs: the owner may release() it
    std::function<void()> lost;  ///< a newer owner has the participant: the owner must destroy it
  };

  ParticipantSession(SessionEnvironment& environment, const LeaseResult& lease, Callbacks callbacks);
  ~ParticipantSession();

  ParticipantId participant() const { return m_progress.participant; }

  void attach(ClientConnection& port);
  void detach(ClientConnection& port, const std::string& reason);
  void on_data(ClientConnection& port, BytesView frame);
  void on_text(ClientConnection& port, BytesView json);

  /// The leases hold again after they might have lapsed: the terminal is read and written again.
  void resume();
  bool is_idle() const;
  /// Ends in order: sandbox gone, all recorded, lease given back, connections closed with 1012 (service restart).
  void release(std::function<void()> done);
  /// Without a word to the store, which belongs to somebody else now: connections are closed with 1012.
  void abandon();

 private:
  void hello(ClientConnection& port, const HelloFrame& frame);
  /// Answers and returns true where a page is another participant's, or a stream is none of this one's.
  bool refuses_hello(ClientConnection& port, const HelloFrame& frame);
  /// From where on a page's input is meant for the sandbox in use.
  std::uint64_t input_from(const HelloFrame& frame, bool same_stream);
  void see_sandbox(const SandboxSeenFrame& frame);
  void resize(TerminalSize size);
  void start_task(const StartTaskFrame& frame);
  void reset(const ResetFrame& frame);
  void give_up(const GiveUpFrame& frame);
  /// Whether a request is for another task than the current one; then that is answered.
  bool refuses_task(std::optional<int> task, const RequestId& id);
  void ping(ClientConnection& port, const PingFrame& frame);
  void ack(const AckFrame& frame);
  void observe(ObservationFrame frame);
  std::string request_key(const std::string& kind, const RequestId& id) const;
  void finish_request(const std::string& kind, const RequestId& id, const std::string& sandbox = {});

  /// Has the sandbox for the next task made while a page shows what the task is about.
  void work_ahead();
  void drop_ahead();
  std::unique_ptr<TaskRun> make_run(int task_number, std::string stream, TaskRun::Position position);
  void take_over(bool left_in_order);
  void on_started(std::exception_ptr error);
  void begin_recording();
  void on_begun(const TaskSessionRow& row);
  void on_exchanged();
  void on_replaced(const std::exception_ptr& error);
  void on_restarted();
  void start_clock();
  void stop_clock();
  void write_clock(std::optional<MonotonicTime> since);
  /// After a last check, which may still pass the task.
  void end_unless_solved(TaskSessionState state);
  void end_task(TaskSessionState state);
  void on_ended();

  void send(std::string json);
  void send_welcome(const RequestId& id);
  void send_state();
  /// As much of it as the task's feedback allows.
  void send_progress(const Progress& progress);
  void close_all(int code, const std::string& reason);
  void complain_of_sandbox(const std::exception_ptr& error, const RequestId& id, const char* when);
  /// Of the running task.
  std::chrono::nanoseconds duration() const;
  std::chrono::nanoseconds charged(MonotonicTime at) const;
  std::string state();
  bool is_running() const { return m_run && m_begun && !m_ending; }
  Timestamp now() const { return Timestamp(m_environment.loop.clock()); }
  void check_idle();
  /// A line for the log about this participant and the task that runs, if any.
  LogEvent log_event(std::string_view name) const;
  void log_arrival(bool has_been_here);
  void log_departure(std::string_view reason);

  SessionEnvironment& m_environment;
  Callbacks m_callbacks;
  ParticipantProgress m_progress;
  Recorder m_recorder;

  std::set<ClientConnection*> m_ports;
  std::unique_ptr<AttachedClient> m_page;
  std::optional<MonotonicTime> m_left{};  ///< when the last page left; absent while none has
  TerminalSize m_size;
  std::string m_timezone;  ///< of the page that came last

  std::unique_ptr<SandboxAhead> m_ahead;  ///< for the next task, while none runs
  int m_leaving_ahead = 0;                ///< those that were not needed and are not gone yet
  std::function<void()> m_when_ahead_is_gone{};
  std::unique_ptr<TaskRun> m_run;
  std::shared_ptr<const Study> m_study;  ///< of the running task
  bool m_begun = false;                  ///< the running task is in the store, and pages are told of it
  bool m_ending = false;
  std::optional<TaskSessionState> m_ends_as{};  ///< a last check is under way; how the task ends if it does not pass
  bool m_input_uncertain = false;               ///< a dead owner may have typed more than it recorded
  bool m_is_resetting = false;
  bool m_exchange_is_unseen = false;       ///< a sandbox took another's place, and no page was there to confirm it
  std::optional<Progress> m_last_check{};  ///< of the running task and its present sandbox
  std::string m_last_stream;
  std::set<std::string> m_streams;  ///< of all the participant's task sessions
  RequestId m_start_id;
  std::uint64_t m_answered = 0;
  std::uint64_t m_acknowledged_input = 0;

  std::chrono::nanoseconds m_charged_before{};
  MonotonicTime m_clock_started{};
  bool m_clock_stands = false;  ///< there is no sandbox, which is not the participant's doing
  std::unique_ptr<Loop::Timer> m_deadline;
  std::unique_ptr<Loop::Timer> m_retry;
  int m_end_steps = 0;
  RequestId m_give_up_id;
  std::set<std::string> m_done;  ///< requests that were answered and may come again
  ObservationLimit m_observation_limit;
  bool m_released = false;
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace tellina
