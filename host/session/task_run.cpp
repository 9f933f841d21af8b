#include "host/session/task_run.hpp"

#include <algorithm>
#include <utility>

#include "host/session/control.hpp"

namespace tellina {
namespace {

/// The pty is not read while the record is this far behind. With one more piece and a shell's last words, what is not
/// recorded stays below the 1 MiB by which output jumps after a worker's death.
constexpr std::size_t backlog_limit = 768 * 1024;
/// A shell that shows no prompt for this long is taken for one that can be typed at all the same.
constexpr std::chrono::seconds prompt_limit{5};
/// A shell that ends sooner than this is restarted only after as long, so that one that cannot live costs little.
constexpr std::chrono::seconds short_life{1};
constexpr std::chrono::milliseconds redraw_pause{50};
/// More than the kernel holds for a pty (64 KiB).
constexpr std::size_t last_words = 96 * 1024;

/// Guards against accidents only, as the participant can read it; from the id, so that an adopter knows it too.
std::string mark_nonce(const SandboxId& id) { return "n" + id; }

}  // namespace

TaskRun::TaskRun(SessionEnvironment& environment, Recorder& recorder, int task_number, std::string stream,
                 Position position, TerminalSize size, Callbacks callbacks)
    : m_environment(environment),
      m_recorder(recorder),
      m_study(environment.study),
      m_task_number(task_number),
      m_stream(std::move(stream)),
      m_size(size),
      m_callbacks(std::move(callbacks)),
      m_shell_timer(environment.loop.make_timer()),
      m_ready_timer(environment.loop.make_timer()),
      m_redraw_timer(environment.loop.make_timer()),
      m_input(position.input, input_window),
      m_output(position.output),
      m_commands(position.commands),
      m_throttle(position.recorded_output, environment.loop.clock().now()),
      m_throttle_timer(environment.loop.make_timer()) {
  if (task().type == TaskType::output) {
    m_output_check.emplace(task().output_answer, task().output_match);
  } else {
    m_home_check = std::make_unique<HomeCheck>(environment, m_study, task_number,
                                               [this](const Progress& progress) { on_judged(progress); });
  }
}

TaskRun::~TaskRun() {
  close_terminal();
  if (m_sandbox) m_sandbox->destroy([] {});
}

SandboxSpec TaskRun::make_spec(SessionEnvironment& environment, const Task& task, TerminalSize size) {
  SandboxSpec spec;
  spec.id = random_token(environment.random, 8);
  spec.owner = environment.worker;
  spec.initial = task.initial;
  spec.size = size;
  spec.working_directory = environment.working_directory;
  spec.environment["TELLINA_NONCE"] = mark_nonce(spec.id);
  return spec;
}

SandboxHandle::Started TaskRun::use_when_there(const SandboxId& id, const std::string& nonce, Claim claim,
                                               std::function<void(std::exception_ptr)> done) {
  ++m_leaving->awaited;
  return [this, alive = std::weak_ptr(m_alive), leaving = m_leaving, id, nonce, claim, before = m_used_sandboxes,
          done = std::move(done)](const std::shared_ptr<SandboxHandle>& sandbox, std::exception_ptr error) {
    if (alive.expired() || (claim == Claim::yields && before != m_used_sandboxes)) {
      if (!sandbox) return leaving->one_gone();
      return sandbox->destroy([leaving] { leaving->one_gone(); });
    }
    leaving->one_gone();
    if (!error) error = use(sandbox, id, nonce);
    done(std::move(error));
  };
}

void TaskRun::start_sandbox(Claim claim, std::function<void(std::exception_ptr)> done) {
  SandboxSpec spec = make_spec(m_environment, task(), m_size);
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
  auto started = use_when_there(sandbox, mark_nonce(sandbox), Claim::yields, [this](std::exception_ptr error) {
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
                                const std::string& nonce) {
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
    if (m_tracker) m_tracker->shell_ended(now());
    m_sandbox->destroy([] {});
  }
  m_sandbox = sandbox;
  m_nonce = nonce;
  if (m_home_check) m_home_check->use(m_sandbox);
  m_sandbox->resize(m_size);
  use_terminal(std::move(opened));
  return nullptr;
}

void TaskRun::make_tracker() {
  CommandTracker::Callbacks callbacks;
  callbacks.ready = [this] { on_ready(); };
  callbacks.finished = [this](CommandRecord command) { on_finished(std::move(command)); };
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
  make_tracker();
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
  if (!m_terminal) return;
  m_waiting_input.insert(0, m_terminal->take_unwritten());
  m_terminal.reset();
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
          use_terminal(open_terminal(*m_sandbox));
          later([this] {
            const auto restarted = m_callbacks.restarted;
            restarted();
          });
        } catch (const Error& failure) {
          m_environment.log.warning(std::string("a shell could not be restarted, its sandbox is replaced: ") +
                                    failure.what());
          event("shell_failed", "{\"reason\":" + quote_json(failure.what()) + "}");
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

void TaskRun::stop(std::function<void()> done) {
  m_alive.reset();
  for (auto* timer : {&m_shell_timer, &m_ready_timer, &m_redraw_timer, &m_throttle_timer}) (*timer)->cancel();
  if (m_home_check) m_home_check->use(nullptr);
  if (m_tracker) m_tracker->shell_ended(now());
  close_terminal();
  m_leaving->done = std::move(done);
  if (m_sandbox) {
    ++m_leaving->awaited;
    std::exchange(m_sandbox, nullptr)->destroy([leaving = m_leaving] { leaving->one_gone(); });
  } else if (m_leaving->awaited == 0) {
    m_environment.loop.post(std::exchange(m_leaving->done, nullptr));
  }
}

InputStream::Arrival TaskRun::receive(std::uint64_t offset, BytesView bytes) {
  InputStream::Arrival arrival = m_input.receive(offset, bytes);
  if (arrival.bytes.empty()) return arrival;
  m_recorder.add(StreamName::input, arrival.offset, arrival.bytes, now());
  if (!m_recorder.keeps_bytes()) m_input.recorded(m_input.received_end());
  if (m_terminal) {
    m_tracker->typed(arrival.bytes);
    m_terminal->write(arrival.bytes);
  } else {
    m_waiting_input.append(arrival.bytes);
  }
  return arrival;
}

void TaskRun::jump_input(std::uint64_t offset) {
  if (offset <= m_input.received_end()) return;
  m_recorder.add(GapRecord(StreamName::input, m_input.received_end(), offset, "worker_lost", now()));
  m_input.jump_to(offset);
}

void TaskRun::on_written(std::size_t bytes) {
  m_input.written(m_input.written_end() + bytes);
  acknowledge();
}

void TaskRun::recorded(std::uint64_t input_end) {
  m_input.recorded(input_end);
  acknowledge();
  resume();
}

void TaskRun::acknowledge() {
  if (const auto end = m_input.take_acknowledgement()) m_callbacks.acknowledge(*end);
}

void TaskRun::on_output(Bytes& frame) {
  const Moment at = now();
  const std::uint64_t offset = m_output.end();
  const BytesView bytes = BytesView(frame).substr(TerminalIo::frame_header);
  m_output.append(bytes);
  m_throttle.count(bytes.size());
  m_recorder.add(StreamName::output, offset, bytes, at);
  // The page may take the frame away; checks see the bytes after it has them.
  m_printed.assign(bytes);
  TerminalIo::put_offset(frame, offset);
  m_callbacks.output(frame);
  m_tracker->printed(m_printed, at);
  if (m_home_check && m_is_ready) m_home_check->output_seen();
}

void TaskRun::on_ready() {
  if (m_is_ready) return;
  m_is_ready = true;
  m_ready_timer->cancel();
  later([this] {
    const auto started = m_callbacks.started;
    started(nullptr);
  });
}

void TaskRun::on_finished(CommandRecord command) {
  m_commands = command.number;
  m_recorder.add(std::move(command));
  if (m_home_check) m_home_check->command_ended();
}

void TaskRun::on_judged(const Progress& progress) {
  event("check", std::string("{\"passed\":") + (progress.passed ? "true" : "false") + ",\"matched\":" +
                     std::to_string(progress.matched) + ",\"missing\":" + std::to_string(progress.missing) +
                     ",\"extra\":" + std::to_string(progress.extra) +
                     ",\"incorrect\":" + std::to_string(progress.incorrect) + "}");
  m_passed = m_passed || progress.passed;
  later([this, progress] {
    const Callbacks callbacks = m_callbacks;
    const std::weak_ptr<bool> alive = m_alive;
    callbacks.progress(progress);
    if (!alive.expired() && m_passed) callbacks.passed();
  });
}

void TaskRun::resize(TerminalSize size) {
  if (size == m_size) return;
  m_size = size;
  m_redraw_timer->cancel();
  if (m_sandbox) m_sandbox->resize(size);
  event("resize", "{\"columns\":" + std::to_string(size.columns) + ",\"rows\":" + std::to_string(size.rows) + "}");
}

void TaskRun::redraw() {
  if (!m_sandbox) return;
  const int rows = m_size.rows > 1 ? m_size.rows - 1 : 2;
  m_sandbox->resize(TerminalSize(m_size.columns, static_cast<std::uint16_t>(rows)));
  m_redraw_timer->start(m_environment.loop.clock().now() + redraw_pause, [this] {
    if (m_sandbox) m_sandbox->resize(m_size);
  });
}

void TaskRun::resume() {
  if (m_terminal) m_terminal->resume();
}

bool TaskRun::may_read() {
  if (!m_environment.holds_leases() || !m_callbacks.may_send() || m_recorder.backlog() >= backlog_limit) return false;
  if (!m_recorder.keeps_bytes() || !m_throttle.applies()) return true;
  const MonotonicTime clock = m_environment.loop.clock().now();
  if (m_throttle.begins(clock)) {
    event("throttled", "{\"after_bytes\":" + std::to_string(OutputThrottle::after_bytes) + "}");
    m_environment.log.warning("a task session has printed 64 MiB; its output goes on at 256 KiB a second");
  }
  const auto pause = m_throttle.pause(clock);
  if (pause) m_throttle_timer->start(clock + *pause, [this] { resume(); });
  return !pause;
}

void TaskRun::event(std::string kind, std::string detail) {
  m_recorder.add(EventRecord(std::move(kind), std::move(detail), now()));
}

void TaskRun::later(std::function<void()> task) {
  m_environment.loop.post([alive = std::weak_ptr(m_alive), task = std::move(task)] {
    if (!alive.expired()) task();
  });
}

}  // namespace tellina
