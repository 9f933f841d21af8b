// How a run gets its sandbox and its shell, and lets go of them; what goes through them is in task_run.cpp.
#include <utility>

#include "host/session/task_run.hpp"
#include "host/text/json.hpp"
#include "host/wire/data_frame.hpp"

namespace tellina {
namespace {

/// A shell that shows no prompt for this long is taken for one that can be typed at all the same.
constexpr std::chrono::seconds prompt_limit{5};
/// A shell that ends sooner than this is restarted only after as long, so that one that cannot live costs little.
constexpr std::chrono::seconds short_life{1};
/// More than the kernel holds for a pty (14 to 22 KiB, measured on Linux 6.18).
constexpr std::size_t last_words = 96 * 1024;
/// RIS: whatever the old sandbox's programs have made of the terminal, the new one's begin with a fresh one.
constexpr BytesView full_reset =
    "\x1b"
    "c";

constexpr BytesView new_shell_notice = "(a new shell)\r\n";

/// Guards against accidents only, as the participant can read it; from the id, so that an adopter knows it too.
std::string mark_nonce(const SandboxId& id) { return "n" + id; }

}  // namespace

SandboxSpec TaskRun::make_spec(SessionEnvironment& environment, const Task& task, TerminalSize size,
                               const std::string& timezone) {
  SandboxSpec spec;
  spec.id = random_token(environment.random, 8);
  spec.owner = environment.worker;
  spec.initial = task.initial;
  spec.size = size;
  spec.working_directory = task.working_directory;
  spec.environment["TELLINA_NONCE"] = mark_nonce(spec.id);
  if (!timezone.empty()) spec.environment["TZ"] = timezone;
  return spec;
}

SandboxHandle::Started TaskRun::use_when_there(const SandboxId& id, const std::string& nonce, Claim claim,
                                               std::function<void(std::exception_ptr)> done) {
  ++m_leaving->awaited;
  return [this, alive = std::weak_ptr(m_alive), leaving = m_leaving, id, nonce, claim, before = m_used_sandboxes,
          done = std::move(done)](const std::shared_ptr<SandboxHandle>& sandbox, std::exception_ptr error) {
    if (alive.expired() || (claim != Claim::prevails && before != m_used_sandboxes)) {
      if (!sandbox) return leaving->one_gone();
      return sandbox->destroy([leaving] { leaving->one_gone(); });
    }
    leaving->one_gone();
    if (!error) error = use(sandbox, id, nonce, claim);
    done(std::move(error));
  };
}

void TaskRun::start_sandbox(Claim claim, std::function<void(std::exception_ptr)> done) {
  SandboxSpec spec = make_spec(m_environment, task(), m_size, m_timezone);
  auto started = use_when_there(spec.id, spec.environment["TELLINA_NONCE"], claim, std::move(done));
  SandboxHandle::start(m_environment, std::move(spec), std::move(started));
}

void TaskRun::start() {
  start_sandbox(Claim::yields, [this](std::exception_ptr error) { wait_for_prompt(std::move(error)); });
}

void TaskRun::start(SandboxAhead& ahead) {
  ahead.take(use_when_there(ahead.id(), mark_nonce(ahead.id()), Claim::yields, [this](std::exception_ptr error) {
    if (!error && !m_sandbox->shell_has_ended()) return wait_for_prompt(nullptr);
    close_terminal();
    start();
  }));
}

void TaskRun::wait_for_prompt(std::exception_ptr error) {
  if (error) {
    return later([this, error = std::move(error)] {
      const auto started = m_callbacks.started;
      started(error);
    });
  }
  m_ready_timer->start(m_environment.loop.clock().now() + prompt_limit, [this] {
    m_environment.log.warning("a shell has shown no prompt for 5 s; it is used all the same");
    on_ready();
  });
}

void TaskRun::adopt(const SandboxId& sandbox) {
  m_sandbox_id = sandbox;
  auto started = use_when_there(sandbox, mark_nonce(sandbox), Claim::adopts, [this](std::exception_ptr error) {
    // Sandboxes that end with their owner are the usual case.
    if (error) return start();
    m_is_adopted = true;
    event("adopted", "{\"sandbox\":\"" + m_sandbox_id + "\"}");
    on_ready();
  });
  SandboxHandle::adopt(m_environment, sandbox, std::move(started));
}

void TaskRun::reset(std::function<void(std::exception_ptr)> done) {
  start_sandbox(Claim::prevails, [this, done = std::move(done)](std::exception_ptr error) {
    if (!error) {
      m_is_ready = true;
      m_ready_timer->cancel();
    }
    done(std::move(error));
  });
}

std::exception_ptr TaskRun::use(const std::shared_ptr<SandboxHandle>& sandbox, const std::string& id,
                                const std::string& nonce, Claim claim) {
  Opened opened;
  try {
    opened = open_terminal(*sandbox);
  } catch (const Error&) {
    sandbox->destroy([] {});
    return std::current_exception();
  }
  m_shell_timer->cancel();
  ++m_used_sandboxes;
  m_sandbox_id = id;
  if (m_sandbox) {
    close_terminal();
    if (m_tracker) m_tracker->shell_ended(now(), CommandEnd::task);
    m_sandbox->destroy([] {});
  }
  if (claim != Claim::adopts) {
    m_dropped_input += drop_waiting_input(claim == Claim::prevails ? "reset" : "sandbox_replaced");
    settle_dropped_input();
    // Input below an earlier limit may still be on its way, behind the request for this sandbox.
    m_input_from = std::max(m_input_from == no_input ? 0 : m_input_from, m_input.received_end());
    if (claim == Claim::yields) m_callbacks.exchanged();
  }
  m_sandbox = sandbox;
  m_nonce = nonce;
  m_checks->use(m_sandbox);
  m_sandbox->resize(m_size);
  make_tracker();
  if (claim != Claim::adopts && m_output.end() > 0) {
    Bytes frame = Bytes(frame_header, '\0').append(full_reset);
    on_output(frame);
  }
  use_terminal(std::move(opened));
  return nullptr;
}

void TaskRun::make_tracker() {
  CommandTracker::Callbacks callbacks;
  callbacks.ready = [this] { on_ready(); };
  callbacks.finished = [this](CommandRecord command) { on_finished(std::move(command)); };
  callbacks.found = [this] { on_found(); };
  callbacks.judged = [this](const Progress& progress) { on_judged(progress); };
  m_tracker = std::make_unique<CommandTracker>(m_nonce, m_output.end(), m_commands + 1,
                                               m_output_check ? &*m_output_check : nullptr, std::move(callbacks));
}

TaskRun::Opened TaskRun::open_terminal(const SandboxHandle& sandbox) {
  TerminalIo::Callbacks callbacks;
  callbacks.on_output = [this](Bytes& frame) { on_output(frame); };
  callbacks.on_written = [this](std::size_t bytes) { on_written(bytes); };
  callbacks.may_read = [this] { return may_read(); };
  callbacks.may_write = [this] { return m_environment.holds_leases(); };
  Opened opened;
  try {
    opened.terminal = std::make_unique<TerminalIo>(m_environment.loop, sandbox.terminal(), std::move(callbacks));
    opened.shell_watch = m_environment.loop.watch(sandbox.ended_descriptor());
  } catch (const std::exception& failure) {
    throw Error(ErrorCode::internal, "sandbox \"" + m_environment.sandbox_plugin + "\": its descriptors " +
                                         std::to_string(sandbox.terminal()) + " and " +
                                         std::to_string(sandbox.ended_descriptor()) +
                                         " cannot be watched: " + failure.what());
  }
  return opened;
}

void TaskRun::use_terminal(Opened opened) {
  m_shell_started = m_environment.loop.clock().now();
  m_terminal = std::move(opened.terminal);
  m_shell_watch = std::move(opened.shell_watch);
  m_shell_watch->when_readable([this] { on_shell_ended(); });
  const Bytes waiting = std::exchange(m_waiting_input, {});
  if (!waiting.empty()) {
    m_tracker->typed(waiting);
    m_terminal->write(waiting);
  }
}

void TaskRun::close_terminal() {
  m_shell_watch.reset();
  m_unanswered_since.reset();
  if (!m_terminal) return;
  m_waiting_input.insert(0, m_terminal->take_unwritten());
  m_terminal.reset();
}

std::size_t TaskRun::drop_waiting_input(const char* reason) {
  const std::size_t size = std::exchange(m_waiting_input, {}).size();
  if (size > 0) note_dropped_input(m_input.written_end(), size, reason);
  return size;
}

void TaskRun::on_shell_ended() {
  if (!m_terminal) return;
  m_terminal->drain(last_words);
  close_terminal();
  m_tracker->shell_ended(now());
  const MonotonicTime clock = m_environment.loop.clock().now();
  if (clock - m_shell_started >= short_life) return restart_shell();
  m_shell_timer->start(clock + short_life, [this] { restart_shell(); });
}

void TaskRun::restart_shell() {
  m_sandbox->restart_shell(
      m_size, [this, sandbox = m_sandbox, alive = std::weak_ptr(m_alive)](ExitStatus status, std::exception_ptr error) {
        if (alive.expired() || sandbox != m_sandbox) return;
        event("shell_ended", std::string("{\"") + (status.by_signal ? "signal" : "exit_status") +
                                 "\":" + std::to_string(status.status) + "}");
        try {
          if (error) std::rethrow_exception(error);
          Opened opened = open_terminal(*m_sandbox);
          make_tracker();
          announce_new_shell();
          use_terminal(std::move(opened));
          later([this] {
            const auto restarted = m_callbacks.restarted;
            restarted();
          });
        } catch (const Error& failure) {
          m_environment.log.warning(std::string("a shell could not be restarted, its sandbox is replaced: ") +
                                    failure.what());
          event("shell_failed", "{\"reason\":" + json_string(failure.what()) + "}");
          start_sandbox(Claim::yields, [this](std::exception_ptr again) {
            // Before the first prompt: the task has not begun, or another start is tried.
            if (again && !m_is_ready) {
              m_ready_timer->cancel();
              return wait_for_prompt(std::move(again));
            }
            later([this, again] {
              const auto replaced = m_callbacks.replaced;
              replaced(again);
            });
            if (again) m_shell_timer->start(m_environment.loop.clock().now() + short_life, [this] { restart_shell(); });
          });
        }
      });
}

/// A participant who has typed `exit` sees a prompt again, but what the old shell knew is gone.
void TaskRun::announce_new_shell() {
  Bytes last;
  if (m_output.end() > m_output.begin()) m_output.copy(m_output.end() - 1, 1, last);
  Bytes frame = Bytes(frame_header, '\0');
  if (!last.empty() && last != "\n") frame += "\r\n";
  on_output(frame.append(new_shell_notice));
}

void TaskRun::stop(std::function<void()> done) {
  m_alive.reset();
  for (auto* timer :
       {&m_shell_timer, &m_ready_timer, &m_redraw_timer, &m_pass_timer, &m_throttle_timer, &m_acknowledgement_timer}) {
    (*timer)->cancel();
  }
  m_checks->use(nullptr);
  if (m_tracker) m_tracker->shell_ended(now(), CommandEnd::task);
  close_terminal();
  drop_waiting_input("stopped");
  m_leaving->done = std::move(done);
  if (m_sandbox) {
    ++m_leaving->awaited;
    std::exchange(m_sandbox, nullptr)->destroy([leaving = m_leaving] { leaving->one_gone(); });
  } else if (m_leaving->awaited == 0) {
    m_environment.loop.post(std::exchange(m_leaving->done, nullptr));
  }
}

}  // namespace tellina
