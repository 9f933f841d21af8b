#include "host/session/sandbox_handle.hpp"

#include <poll.h>

#include <utility>

#include "host/limits.hpp"
#include "host/plugins/guard.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

/// Calls into the plugin on this thread. Returns any exception as an Error.
template <typename Call>
std::exception_ptr attempt(const std::string& plugin, Call&& call) {
  try {
    guard_plugin_call("sandbox \"" + plugin + "\"", std::forward<Call>(call));
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

/// Throws Error(internal) if the state is too large to be stored.
Bytes state_of(const Sandbox& sandbox) {
  Bytes state = sandbox.state();
  if (state.size() > limits::sandbox_state) {
    throw Error(ErrorCode::internal, "expected a state() of at most " + std::to_string(limits::sandbox_state) +
                                         " bytes, got one of " + std::to_string(state.size()));
  }
  return state;
}

/// Runs a plugin's start() with what the host adds to a spec.
std::unique_ptr<Sandbox> start_with(StartSignals& signals, SandboxSpec spec, SessionEnvironment& environment) {
  spec.deadline = environment.backend_facts ? environment.backend_facts->start_deadline() : limits::quick_start;
  if (environment.shell_files) spec.shell_files = *environment.shell_files;
  signals.connect(spec);
  try {
    std::unique_ptr<Sandbox> sandbox = environment.sandboxes.start(spec);
    signals.finish();
    return sandbox;
  } catch (...) {
    signals.finish();
    throw;
  }
}

}  // namespace

void SandboxHandle::start(SessionEnvironment& environment, SandboxSpec spec, std::shared_ptr<StartSignals> signals,
                          Started started) {
  make(
      environment, "start()",
      [&environment, spec = std::move(spec), signals](SandboxBackend&) {
        return start_with(*signals, spec, environment);
      },
      [&loop = environment.loop, statistics = environment.statistics, began = environment.loop.clock().now(), signals,
       started = std::move(started)](std::shared_ptr<SandboxHandle> handle, std::exception_ptr error) {
        if (error && !signals->is_cancelled())
          ++statistics->sandbox_failures;
        else if (handle)
          statistics->sandbox_start.observe(loop.clock().now() - began);
        started(std::move(handle), std::move(error));
      });
}

void SandboxHandle::adopt(SessionEnvironment& environment, const SandboxId& id, const Bytes& state, Started started) {
  make(
      environment, "adopt()", [id, state](SandboxBackend& sandboxes) { return sandboxes.adopt_with_state(id, state); },
      std::move(started));
}

void SandboxHandle::make(SessionEnvironment& environment, const char* function, Make make, Started started) {
  const auto statistics = environment.statistics;
  ++statistics->sandboxes_starting;
  const auto counted = [statistics, started = std::move(started)](std::shared_ptr<SandboxHandle> handle,
                                                                  std::exception_ptr error) {
    --statistics->sandboxes_starting;
    if (handle) ++statistics->sandboxes_alive;
    started(std::move(handle), std::move(error));
  };
  environment.pool.submit(
      BlockingPool::Use::start, [&environment, function, make = std::move(make), started = counted] {
        std::shared_ptr<SandboxHandle> handle;
        std::exception_ptr error = attempt(environment.sandbox_plugin, [&] {
          auto permit = environment.sandbox_limit->take();
          std::shared_ptr<Sandbox> sandbox = make(environment.sandboxes);
          if (!sandbox) {
            throw Error(ErrorCode::internal,
                        "sandbox \"" + environment.sandbox_plugin + "\": " + function + " returned null");
          }
          try {
            handle = std::make_shared<SandboxHandle>(environment, std::move(permit), sandbox);
          } catch (...) {
            sandbox->destroy();
            throw;
          }
        });
        environment.loop.post([handle = std::move(handle), error, started] { started(handle, error); });
      });
}

SandboxHandle::SandboxHandle(SessionEnvironment& environment, std::shared_ptr<const SandboxLimit::Permit> permit,
                             std::shared_ptr<Sandbox> sandbox)
    : m_environment(environment),
      m_permit(std::move(permit)),
      m_sandbox(std::move(sandbox)),
      m_terminal(m_sandbox->terminal()),
      m_ended_descriptor(m_sandbox->ended_descriptor()),
      m_state(state_of(*m_sandbox)) {}

void SandboxHandle::check_invariant() const {
  TELLINA_ASSERT(m_sandbox);
  TELLINA_ASSERT(!m_destroyed || m_calls.empty());
  TELLINA_ASSERT(m_busy || m_destroyed || !m_wanted_size);
}

void SandboxHandle::run(BlockingPool::Use use, std::function<void(Sandbox&)> call, Done finish, std::size_t memory) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!m_destroyed);
  m_calls.push_back({use, std::move(call), std::move(finish), memory});
  next();
}

void SandboxHandle::next() {
  if (m_busy || m_calls.empty()) return;
  m_busy = true;
  auto [use, call, finish, memory] = std::move(m_calls.front());
  m_calls.pop_front();
  BlockingPool::Task task = [self = shared_from_this(), sandbox = m_sandbox, call = std::move(call),
                             finish = std::move(finish)]() mutable {
    std::exception_ptr error = attempt(self->m_environment.sandbox_plugin, [&] { call(*sandbox); });
    SessionEnvironment& environment = self->m_environment;
    environment.loop.post([self = std::move(self), error = std::move(error), finish = std::move(finish)] {
      self->m_busy = false;
      if (self->m_wanted_size && !self->m_destroyed) self->resize(*std::exchange(self->m_wanted_size, std::nullopt));
      finish(error);
      self->next();
    });
  };
  m_environment.pool.submit(use, std::move(task), memory);
}

bool SandboxHandle::shell_has_ended() const {
  pollfd ended{m_ended_descriptor, POLLIN, 0};
  return poll(&ended, 1, 0) > 0;
}

void SandboxHandle::restart_shell(TerminalSize size, std::function<void(ExitStatus, std::exception_ptr)> done) {
  struct Restarted {
    ExitStatus status;
    int terminal = -1;
    int ended_descriptor = -1;
    Bytes state;
  };
  auto restarted = std::make_shared<Restarted>();
  run(
      BlockingPool::Use::call,
      [size, restarted](Sandbox& sandbox) {
        restarted->status = sandbox.ended().value_or(ExitStatus());
        sandbox.restart_shell(size);
        restarted->terminal = sandbox.terminal();
        restarted->ended_descriptor = sandbox.ended_descriptor();
        restarted->state = state_of(sandbox);
      },
      [self = shared_from_this(), restarted, done = std::move(done)](std::exception_ptr error) {
        if (!error) {
          self->m_terminal = restarted->terminal;
          self->m_ended_descriptor = restarted->ended_descriptor;
          self->m_state = std::move(restarted->state);
        }
        done(restarted->status, std::move(error));
      });
}

void SandboxHandle::resize(TerminalSize size) {
  const InvariantScope invariant(*this);
  if (m_busy) {
    m_wanted_size = size;
    return;
  }
  if (const auto error = attempt(m_environment.sandbox_plugin, [&] { m_sandbox->resize(size); })) {
    try {
      std::rethrow_exception(error);
    } catch (const Error& failure) {
      m_environment.log.debug(std::string("resize: ") + failure.what());
    }
  }
}

void SandboxHandle::destroy(std::function<void()> done) {
  const InvariantScope invariant(*this);
  m_destroyed = true;
  m_calls.clear();
  --m_environment.statistics->sandboxes_alive;
  ++m_environment.statistics->sandboxes_being_removed;
  m_environment.pool.submit(
      BlockingPool::Use::removal, [self = shared_from_this(), sandbox = m_sandbox, done = std::move(done)] {
        const std::exception_ptr error = attempt(self->m_environment.sandbox_plugin, [&] { sandbox->destroy(); });
        self->m_environment.loop.post([self, error, done] {
          --self->m_environment.statistics->sandboxes_being_removed;
          if (error) {
            try {
              std::rethrow_exception(error);
            } catch (const Error& failure) {
              self->m_environment.fault_log->write(LogLevel::error, "removal",
                                                   std::string("cannot remove a sandbox: ") + failure.what(),
                                                   self->m_environment.loop.clock().now());
            }
          }
          if (self->m_removed) self->m_removed();
          done();
        });
      });
}

}  // namespace tellina
