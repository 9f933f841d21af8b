#pragma once

/// The place of one task's sandbox: which one is in it, and how another one comes into it.

#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "host/runtime/lifeline.hpp"
#include "host/session/recorder.hpp"
#include "host/session/sandbox_handle.hpp"
#include "host/session/session_loop.hpp"
#include "host/session/terminal_io.hpp"

namespace tellina {

/// Gets a sandbox for a task (started, prewarmed before the task, or adopted from a dead owner), restarts its shell
/// when that ends, and replaces the sandbox if that fails or if the participant resets the task.
///
/// Several sandboxes may be on their way at once. One that nobody asked for by a reset gives way to one that has come
/// into use since it was ordered, and is removed.
///
/// Threads: the loop's.
class SandboxSlot {
 public:
  enum class State : std::uint8_t {
    empty,        ///< no sandbox was requested, or its start failed
    prewarming,   ///< a sandbox is made ahead, or is there, and no task uses it
    starting,     ///< a sandbox is being started or adopted for the task
    in_use,       ///< the shell of the sandbox runs
    shell_ended,  ///< the shell has ended; the next one starts after a moment
    restarting,   ///< the next shell is being started in the same sandbox
    replacing,    ///< it could not be started; another sandbox is
    stopped       ///< the end of the slot
  };

  /// How a sandbox has come into use.
  enum class Origin : std::uint8_t {
    started,  ///< for the task's start, or in the place of a lost one: nobody asked for the exchange
    adopted,  ///< from a dead owner: the streams, the screen and waiting input continue
    reset     ///< the participant asked for it
  };

  /// Whose slot it is: the task session.
  class User {
   public:
    /// Opens the terminal of a sandbox or a shell that is about to come into use. May throw any std::exception if the
    /// sandbox's descriptor is none.
    virtual std::unique_ptr<TerminalIo> open_terminal(const SandboxHandle& sandbox) = 0;
    /// The sandbox is in use from now on. The terminal of the one before it must not be used after this call.
    virtual void use_sandbox(const std::shared_ptr<SandboxHandle>& sandbox, std::unique_ptr<TerminalIo> terminal,
                             Origin origin) = 0;
    /// The shell has ended, and its terminal must not be used after this call.
    virtual void shell_ended() = 0;
    virtual void use_new_shell(std::unique_ptr<TerminalIo> terminal) = 0;
    /// Whether the shell has ever been ready for input. Until then, a sandbox that is lost counts as not started.
    virtual bool is_ready() const = 0;

    // Results of start(), adopt() and reset(); after use_sandbox() where there is a sandbox.

    virtual void started() = 0;
    virtual void adopted() = 0;
    /// `error`: why the old sandbox stays; null if the new one is in use.
    virtual void reset_finished(const std::exception_ptr& error) = 0;

    // These run from the loop, and never inside a call of the slot's, so they may destroy it.

    virtual void start_failed(const std::exception_ptr& error) = 0;
    /// A lost sandbox has been replaced by another, or (`error`) cannot be yet; the slot keeps trying.
    virtual void replaced(const std::exception_ptr& error) = 0;
    virtual void shell_restarted() = 0;

   protected:
    ~User() = default;
  };

  /// `study`: whose task `task_number` the sandbox is for. `time_zone`: empty for the sandbox's own.
  SandboxSlot(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder,
              std::shared_ptr<const Study> study, int task_number, TerminalSize size, std::string time_zone);
  /// Ends all sandboxes without waiting.
  ~SandboxSlot();
  SandboxSlot(const SandboxSlot&) = delete;
  SandboxSlot& operator=(const SandboxSlot&) = delete;

  /// Makes a sandbox ahead of the task. The first prompt of its shell waits in the terminal, unread.
  void prewarm();
  /// Whether what was prewarmed can be used: a study that was replaced meanwhile has other tasks.
  bool is_for(const std::shared_ptr<const Study>& study, int task_number) const {
    return m_study == study && m_task_number == task_number;
  }

  /// Before anything of the below. `user` must outlive the slot or its stop().
  void use_for(User& user) { m_user = &user; }
  /// With the sandbox that was prewarmed, or with a fresh one.
  void start();
  /// Adopts a dead owner's sandbox if possible, and starts another one if not.
  void adopt(const SandboxId& sandbox);
  /// A fresh sandbox replaces the present one; the present one stays if none can be started.
  void reset();
  /// Ends everything; `done` runs from the loop when every sandbox is gone, also those that were being started. The
  /// user hears nothing more. The `done` of a second call replaces that of the first.
  void stop(std::function<void()> done);

  void resize(TerminalSize size);
  TerminalSize size() const { return m_size; }
  /// Makes full-screen programs draw again: their window becomes a row smaller for a moment.
  void redraw();
  /// For the sandboxes that are started from now on.
  void use_timezone(const std::string& time_zone) { m_timezone = time_zone; }

  State state() const { return m_state; }
  /// The sandbox in use, or the one that is being adopted; empty before the first.
  const SandboxId& sandbox_id() const { return m_sandbox_id; }
  /// What the marks of that sandbox's shells carry. Guards against accidents only, as the participant can read it.
  std::string nonce() const { return nonce_of(m_sandbox_id); }
  /// The task continued with a dead owner's sandbox, whose output before that this process does not have.
  bool has_adopted() const { return m_has_adopted; }
  bool is_in_use() const { return m_state == State::in_use; }

  void check_invariant() const;

 private:
  /// A sandbox that is made ahead. Outlives the slot until the sandbox is there.
  struct Prewarmed {
    SandboxId id;
    std::shared_ptr<SessionStatistics> statistics;
    bool is_there = false;
    std::shared_ptr<SandboxHandle> sandbox;
    std::exception_ptr error;
    SandboxHandle::Started taker;
  };
  /// What stop() waits for; outlives the slot.
  struct Leaving {
    int awaited = 0;  ///< sandboxes that are starting, or going
    std::function<void()> done;
    void one_gone() {
      if (--awaited == 0 && done) std::exchange(done, nullptr)();
    }
  };
  using Used = std::function<void(const std::exception_ptr&)>;

  /// From the id, so that an adopter knows it too.
  static std::string nonce_of(const SandboxId& id) { return "n" + id; }
  void move_to(State state);
  SandboxSpec make_spec();
  void start_prewarmed();
  void start_fresh();
  void order(Origin origin, Used done);
  /// What to do with a sandbox that is being started or adopted; counts it among those that stop() waits for.
  SandboxHandle::Started use_when_there(const SandboxId& id, Origin origin, Used done);
  /// Returns why the sandbox cannot be used; then everything is as before.
  std::exception_ptr use(const std::shared_ptr<SandboxHandle>& sandbox, const SandboxId& id, Origin origin);
  /// The descriptors that a shell has: opened, or nothing changed and an Error.
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
  /// The sandbox that was prewarmed and not taken, if any, is removed.
  void drop_prewarmed();
  static void hand_over(Prewarmed& prewarmed);
  static void take(Prewarmed& prewarmed, SandboxHandle::Started taker);
  void note(std::string kind, std::string detail);

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  Recorder& m_recorder;
  const std::shared_ptr<const Study> m_study;
  const int m_task_number;
  TerminalSize m_size;
  std::string m_timezone;
  User* m_user = nullptr;

  State m_state = State::empty;
  std::shared_ptr<Prewarmed> m_prewarmed;  ///< while prewarming
  SandboxId m_sandbox_id;
  std::shared_ptr<SandboxHandle> m_sandbox;
  std::uint64_t m_used_sandboxes = 0;
  std::unique_ptr<Loop::Watch> m_shell_watch;  ///< while in_use
  MonotonicTime m_shell_started{};
  std::unique_ptr<Loop::Timer> m_restart_timer;
  std::unique_ptr<Loop::Timer> m_redraw_timer;
  bool m_has_adopted = false;
  std::shared_ptr<Leaving> m_leaving = std::make_shared<Leaving>();
  Lifeline m_lifeline;
};

}  // namespace tellina
