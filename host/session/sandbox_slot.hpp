#pragma once

/// Holds one task's sandbox, and replaces it when necessary.

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/runtime/lifeline.hpp"
#include "host/session/recorder.hpp"
#include "host/session/sandbox_handle.hpp"
#include "host/session/session_loop.hpp"
#include "host/session/start_queue.hpp"
#include "host/session/terminal_io.hpp"

namespace tellina {

/// Gets a sandbox for a task (started, prewarmed, or adopted from a dead owner), restarts its shell when the shell
/// ends, and replaces the sandbox if the restart fails or the participant resets the task.
///
/// Several sandboxes may be starting at once. If another sandbox comes into use while one is starting, the late one is
/// removed, unless it is for a reset.
///
/// Threads: the loop's.
class SandboxSlot {
 public:
  enum class State : std::uint8_t {
    empty,        ///< no sandbox was requested, or its start failed
    prewarming,   ///< a sandbox is being created or is ready, and no task uses it
    starting,     ///< a sandbox is being started or adopted for the task
    in_use,       ///< the shell of the sandbox runs
    shell_ended,  ///< the shell has ended; the next one starts after a delay
    restarting,   ///< the next shell is being started in the same sandbox
    replacing,    ///< the shell could not be started; another sandbox is being started
    stopped       ///< the slot has ended
  };

  /// How a sandbox came into use.
  enum class Origin : std::uint8_t {
    started,  ///< for the task's start, or to replace a lost one
    adopted,  ///< from a dead owner: the streams, the screen and waiting input continue
    reset     ///< because the participant reset the task
  };

  /// The user of a slot: the task session.
  class User {
   public:
    /// Opens the terminal of a sandbox or a shell that is about to come into use. May throw any std::exception if the
    /// sandbox's descriptor is invalid.
    virtual std::unique_ptr<TerminalIo> open_terminal(const SandboxHandle& sandbox) = 0;
    /// The sandbox is in use from now on. The previous sandbox's terminal must not be used after this call.
    virtual void use_sandbox(const std::shared_ptr<SandboxHandle>& sandbox, std::unique_ptr<TerminalIo> terminal,
                             Origin origin) = 0;
    /// The shell has ended, and its terminal must not be used after this call.
    virtual void shell_ended() = 0;
    virtual void use_new_shell(std::unique_ptr<TerminalIo> terminal) = 0;
    /// Whether the shell has ever been ready for input. Until then, a lost sandbox counts as not started.
    virtual bool is_ready() const = 0;
    /// The plugin says what it does to start a sandbox. `sentence` is fit to be shown; it comes at most every
    /// limits::start_progress_interval.
    virtual void start_progressed(const std::string& sentence) = 0;

    // Results of start(), adopt() and reset(). If there is a sandbox, they follow use_sandbox().

    virtual void started() = 0;
    virtual void adopted() = 0;
    /// `error`: why the old sandbox stays in use; null if the new one is.
    virtual void reset_finished(const std::exception_ptr& error) = 0;

    // The loop calls these, never a function of the slot, so they may destroy the slot.

    virtual void start_failed(const std::exception_ptr& error) = 0;
    /// Another sandbox has replaced a lost one. With `error`, this has failed so far, and the slot keeps trying.
    virtual void replaced(const std::exception_ptr& error) = 0;
    virtual void shell_restarted() = 0;

   protected:
    ~User() = default;
  };

  /// `starts`: of the participant. `study`, `task_number`: the task that the sandbox is for. `time_zone`: empty for the
  /// sandbox's default.
  SandboxSlot(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder,
              std::shared_ptr<StartQueue> starts, std::shared_ptr<const Study> study, int task_number,
              TerminalSize size, std::string time_zone);
  /// Removes all sandboxes without waiting.
  ~SandboxSlot();
  SandboxSlot(const SandboxSlot&) = delete;
  SandboxSlot& operator=(const SandboxSlot&) = delete;

  /// Creates a sandbox before the task starts. Its shell's first prompt stays unread in the terminal.
  void prewarm();
  /// Whether the prewarmed sandbox is for this task. If the study was replaced meanwhile, it is not.
  bool is_for(const std::shared_ptr<const Study>& study, int task_number) const {
    return m_study == study && m_task_number == task_number;
  }

  /// Called before any function below. `user` must live until the slot is destroyed or stop() is called.
  void use_for(User& user) { m_user = &user; }
  /// Uses the prewarmed sandbox, or a new one.
  void start();
  /// Adopts a dead owner's sandbox if possible, and starts a new one otherwise. `state`: what the backend wanted to
  /// know about it.
  void adopt(const SandboxId& sandbox, const Bytes& state);
  /// Replaces the sandbox by a new one. If none can be started, the old one stays.
  void reset();
  /// Ends everything, and lets starts that are under way know that nobody needs them. `done` runs from the loop when
  /// all sandboxes are gone, including those that were being started. The user gets no more calls. A second call's
  /// `done` replaces the first.
  void stop(std::function<void()> done);

  void resize(TerminalSize size);
  TerminalSize size() const { return m_size; }
  /// Makes full-screen programs redraw: their window is one row smaller for a moment.
  void redraw();
  /// Sets the time zone of sandboxes that are started from now on.
  void use_timezone(const std::string& time_zone) { m_timezone = time_zone; }

  State state() const { return m_state; }
  /// The sandbox in use or being adopted; empty before the first.
  const SandboxId& sandbox_id() const { return m_sandbox_id; }
  /// What the backend needs in order to adopt that sandbox.
  const Bytes& sandbox_state() const { return m_sandbox_state; }
  /// The latest sentence about a start that is under way; empty if there is none.
  const std::string& start_progress() const { return m_start_progress; }
  /// The nonce in the marks of that sandbox's shells. It guards only against accidents, because the participant can
  /// read it.
  std::string nonce() const { return nonce_of(m_sandbox_id); }
  /// Whether the task continues with a dead owner's sandbox. This process does not have that sandbox's earlier output.
  bool has_adopted() const { return m_has_adopted; }
  bool is_in_use() const { return m_state == State::in_use; }

  void check_invariant() const;

 private:
  /// A prewarmed sandbox. Outlives the slot until the sandbox has started.
  struct Prewarmed {
    SandboxId id;
    std::shared_ptr<SessionStatistics> statistics;
    bool is_finished = false;  ///< the start has succeeded or failed
    std::shared_ptr<SandboxHandle> sandbox;
    std::exception_ptr error;
    SandboxHandle::Started receiver;
  };
  /// What stop() waits for. Outlives the slot.
  struct Removals {
    int pending = 0;  ///< sandboxes that are being started or removed
    std::function<void()> done;
    void finish_one() {
      if (--pending == 0 && done) std::exchange(done, nullptr)();
    }
  };
  using Used = std::function<void(const std::exception_ptr&)>;

  /// Derived from the id, so that an adopting worker knows it too.
  static std::string nonce_of(const SandboxId& id) { return "n" + id; }
  void move_to(State state);
  SandboxSpec make_spec();
  void start_prewarmed();
  void try_to_adopt();
  void start_fresh();
  void start_sandbox(Origin origin, Used done);
  /// Starts a sandbox at the participant's next turn, unless the slot has ended by then.
  void start_in_turn(SandboxSpec spec, SandboxHandle::Started started);
  std::shared_ptr<StartSignals> make_signals();
  /// Passes on the latest sentence of a start, and the next one after a pause.
  void read_progress(const std::shared_ptr<StartSignals>& start);
  void cancel_starts();
  /// Returns the handler for a sandbox that is being started or adopted, and counts the sandbox among those that stop()
  /// waits for.
  SandboxHandle::Started use_when_started(const SandboxId& id, Origin origin, Used done);
  /// Returns why the sandbox cannot be used; in that case nothing has changed.
  std::exception_ptr use(const std::shared_ptr<SandboxHandle>& sandbox, const SandboxId& id, Origin origin);
  /// The descriptors of a shell. Either all are open, or nothing has changed and there is an Error.
  struct OpenShell {
    std::unique_ptr<TerminalIo> terminal;
    std::unique_ptr<Loop::Watch> watch;
  };
  OpenShell open_shell(const SandboxHandle& sandbox);
  void watch_shell(std::unique_ptr<Loop::Watch> watch);
  void on_start_failed(const std::exception_ptr& error);
  void on_shell_ended();
  void restart_shell();
  void on_restarted(ExitStatus status, const std::exception_ptr& error);
  void replace();
  void on_replaced(const std::exception_ptr& error);
  /// Removes the prewarmed sandbox if it was not used.
  void drop_prewarmed();
  static void hand_over(Prewarmed& prewarmed);
  static void take(Prewarmed& prewarmed, SandboxHandle::Started receiver);
  void note(std::string kind, std::string detail);
  /// How long to wait after a failed try: longer after each.
  std::chrono::seconds next_pause();

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  Recorder& m_recorder;
  const std::shared_ptr<StartQueue> m_starts;
  const std::shared_ptr<const Study> m_study;
  const int m_task_number;
  TerminalSize m_size;
  std::string m_timezone;
  User* m_user = nullptr;

  State m_state = State::empty;
  std::shared_ptr<Prewarmed> m_prewarmed;  ///< while prewarming
  SandboxId m_sandbox_id;
  Bytes m_sandbox_state;
  std::vector<std::weak_ptr<StartSignals>> m_starting;  ///< starts that may be under way
  std::string m_start_progress;
  std::unique_ptr<Loop::Timer> m_progress_timer;
  std::shared_ptr<SandboxHandle> m_sandbox;
  std::uint64_t m_used_sandboxes = 0;
  int m_failed_tries = 0;  ///< in a row, to start a shell or another sandbox; none counts at the longest pause
  std::unique_ptr<Loop::Watch> m_shell_watch;  ///< while in_use
  MonotonicTime m_shell_started{};
  std::unique_ptr<Loop::Timer> m_restart_timer;
  std::unique_ptr<Loop::Timer> m_redraw_timer;
  bool m_has_adopted = false;
  std::shared_ptr<Removals> m_removals = std::make_shared<Removals>();
  Lifeline m_lifeline;
};

}  // namespace tellina
