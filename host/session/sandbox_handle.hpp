#pragma once

/// A sandbox for use from a loop: its blocking calls run on the pool, one at a time, and return their results to the
/// loop.

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "host/session/environment.hpp"
#include "host/session/start_signals.hpp"

namespace tellina {

/// Threads: the loop's. Every exception that reaches a callback is an Error.
class SandboxHandle : public std::enable_shared_from_this<SandboxHandle> {
 public:
  using Started = std::function<void(std::shared_ptr<SandboxHandle>, std::exception_ptr)>;
  using Done = std::function<void(std::exception_ptr)>;

  /// Starts a sandbox on the pool. `started` gets either the sandbox or an error. The deadline and the members of the
  /// spec that `signals` and the environment know are set here.
  static void start(SessionEnvironment& environment, SandboxSpec spec, std::shared_ptr<StartSignals> signals,
                    Started started);
  /// Adopts a dead owner's sandbox, with the same result. `state`: what the sandbox reported last.
  static void adopt(SessionEnvironment& environment, const SandboxId& id, const Bytes& state, Started started);

  /// Calls into the plugin, so it may throw anything and must run on the pool.
  SandboxHandle(SessionEnvironment& environment, std::shared_ptr<const SandboxLimit::Permit> permit,
                std::shared_ptr<Sandbox> sandbox);

  int terminal() const { return m_terminal; }
  int ended_descriptor() const { return m_ended_descriptor; }
  /// What the backend needs in order to adopt the sandbox.
  const Bytes& state() const { return m_state; }
  bool shell_has_ended() const;

  /// `look` runs on the pool, so that comparing a large tree delays no keystroke. `memory`: how many bytes it may need
  /// at most.
  void inspect(std::function<void(Sandbox&)> look, Done done, std::size_t memory) {
    run(BlockingPool::Use::check, std::move(look), std::move(done), memory);
  }
  /// Reports how the shell ended and starts the next one. If `done` gets no exception, terminal() and
  /// ended_descriptor() are those of the new shell.
  void restart_shell(TerminalSize size, std::function<void(ExitStatus, std::exception_ptr)> done);
  /// Runs at once, or after the current call.
  void resize(TerminalSize size);
  /// Interrupts the current call; its callback still runs. No other call is allowed afterwards.
  void destroy(std::function<void()> done);
  /// `removed` runs on the loop after destroy() has ended, before its `done`.
  void when_removed(std::function<void()> removed) { m_removed = std::move(removed); }

  void check_invariant() const;

 private:
  using Make = std::function<std::unique_ptr<Sandbox>(SandboxBackend&)>;
  static void make(SessionEnvironment& environment, const char* function, Make make, Started started);
  /// Queues a call. `finish` runs on the loop and gets the exception, if any.
  void run(BlockingPool::Use use, std::function<void(Sandbox&)> call, Done finish, std::size_t memory = 0);
  void next();

  SessionEnvironment& m_environment;
  const std::shared_ptr<const SandboxLimit::Permit> m_permit;  ///< released after the sandbox has ended
  std::shared_ptr<Sandbox> m_sandbox;
  int m_terminal;
  int m_ended_descriptor;
  Bytes m_state;
  bool m_busy = false;
  bool m_destroyed = false;
  std::function<void()> m_removed;
  std::optional<TerminalSize> m_wanted_size{};
  struct Call {
    BlockingPool::Use use;
    std::function<void(Sandbox&)> call;
    Done finish;
    std::size_t memory;
  };
  std::deque<Call> m_calls;
};

}  // namespace tellina
