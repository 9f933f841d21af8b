#include "host/session/participant_session.hpp"

#include <algorithm>
#include <utility>

#include "host/study/state_json.hpp"

namespace tellina {
namespace {

constexpr int close_replaced = 4001;
constexpr int close_service_restart = 1012;

/// After a worker's death output goes on this far behind what was recorded: more than it can have sent unrecorded.
constexpr std::uint64_t take_over_gap = 1024 * 1024;
constexpr std::chrono::seconds sandbox_retry{2};
/// A check that was under way when the time ran out may still pass the task.
constexpr std::chrono::milliseconds check_grace{300};
/// A sandbox that is slow to go holds up the next task no longer than this.
constexpr std::chrono::seconds removal_limit{1};

}  // namespace

ParticipantSession::ParticipantSession(SessionEnvironment& environment, const LeaseResult& lease, Callbacks callbacks)
    : m_environment(environment),
      m_callbacks(std::move(callbacks)),
      m_progress(lease.progress),
      m_recorder(environment.loop, environment.store, environment.log, lease.fence,
                 {[this](std::uint64_t input_end) {
                    if (m_run && m_begun) m_run->recorded(input_end);
                  },
                  [this] {
                    m_environment.loop.post([this, alive = std::weak_ptr(m_alive)] {
                      if (alive.expired()) return;
                      const auto lost = m_callbacks.lost;
                      lost();
                    });
                  }}),
      m_study(environment.study),
      m_deadline(environment.loop.make_timer()),
      m_retry(environment.loop.make_timer()) {
  if (m_progress.latest && m_progress.latest->state == TaskSessionState::running) take_over();
}

ParticipantSession::~ParticipantSession() = default;

void ParticipantSession::take_over() {
  const TaskSessionRow& row = *m_progress.latest;
  if (row.task_number < 1 || static_cast<std::size_t>(row.task_number) > m_study->tasks.size()) {
    m_environment.log.error("task " + std::to_string(row.task_number) + " was running and is no longer in the study");
    return;
  }
  m_recorder.resume(row.id, row.input_end);
  m_recorder.add(GapRecord(StreamName::output, row.output_end, row.output_end + take_over_gap, "worker_lost", now()));
  TaskRun::Position position;
  position.input = row.input_end;
  position.output = row.output_end + take_over_gap;
  position.commands = row.commands;
  m_answered = row.answered_offset;
  m_input_uncertain = true;
  m_charged_before = row.charged;
  m_begun = true;
  m_run = make_run(row.task_number, row.stream, position);
  m_run->start();
  start_clock();
}

std::unique_ptr<TaskRun> ParticipantSession::make_run(int task_number, std::string stream, TaskRun::Position position) {
  TaskRun::Callbacks callbacks;
  callbacks.started = [this](std::exception_ptr error) { on_started(std::move(error)); };
  callbacks.output = [this](Bytes& frame) {
    if (!m_page || !is_running()) return;
    const std::size_t size = frame.size() - TerminalIo::frame_header;
    if (!m_page->offer(frame, m_run->output().end() - size, size)) m_page->catch_up(m_run->output());
  };
  callbacks.may_send = [this] { return !m_page || !is_running() || m_page->has_room(); };
  callbacks.acknowledge = [this](std::uint64_t end) {
    const std::uint64_t before = std::exchange(m_acknowledged_input, end);
    if (!m_page) return;
    m_page->port().send_text(input_ack_frame(end));
    m_page->credit(static_cast<std::size_t>(end - before));
  };
  callbacks.progress = [this](const Progress& progress) {
    if (is_running()) send(progress_frame(progress));
  };
  callbacks.passed = [this] { end_task(TaskSessionState::passed); };
  m_study = m_environment.study;
  m_last_stream = stream;
  m_acknowledged_input = position.input;
  return std::make_unique<TaskRun>(m_environment, m_recorder, task_number, std::move(stream), position, m_size,
                                   std::move(callbacks));
}

void ParticipantSession::attach(ConnectionPort& port) { m_ports.insert(&port); }

void ParticipantSession::detach(ConnectionPort& port, const std::string& reason) {
  if (m_ports.erase(&port) == 0) return;
  if (m_page && &m_page->port() == &port) {
    m_page.reset();
    if (is_running()) {
      m_recorder.add(EventRecord("detached", "{\"reason\":" + quote_json(reason) + "}", now()));
      m_run->resume();
    }
  }
  check_idle();
}

void ParticipantSession::on_data(ConnectionPort& port, BytesView frame) {
  const std::size_t size = frame.size() - std::min(frame.size(), TerminalIo::frame_header);
  if (!m_page || &m_page->port() != &port || frame.size() < TerminalIo::frame_header) {
    port.send_text(error_frame("bad_message", "expected hello before input", {}));
    port.credit(size);
    return;
  }
  m_page->input_came(size);
  if (!is_running()) return m_page->credit(size);
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < TerminalIo::frame_header; ++i) offset = offset << 8 | static_cast<unsigned char>(frame[i]);
  const InputStream::Arrival arrival = m_run->receive(offset, frame.substr(TerminalIo::frame_header));
  if (arrival.beyond_window) {
    m_page->credit(size);
    send(error_frame("bad_message", "input at offset " + std::to_string(offset) + " is more than 64 KiB ahead of " +
                                        std::to_string(m_run->input().received_end()), {}));
    return;
  }
  m_page->credit(arrival.dropped);
}

void ParticipantSession::on_text(ConnectionPort& port, BytesView json) {
  const ControlFrame frame = parse_control_frame(json);
  if (const auto* bad = std::get_if<BadFrame>(&frame)) {
    return port.send_text(error_frame("bad_message", bad->message, bad->id));
  }
  if (const auto* greeting = std::get_if<HelloFrame>(&frame)) return hello(port, *greeting);
  if (!m_page || &m_page->port() != &port) {
    return port.send_text(error_frame("bad_message", "expected hello as the first frame", {}));
  }
  if (const auto* start = std::get_if<StartTaskFrame>(&frame)) return start_task(*start);
  if (const auto* restart = std::get_if<ResetFrame>(&frame)) return reset(*restart);
  if (const auto* end = std::get_if<GiveUpFrame>(&frame)) return give_up(*end);
  if (const auto* rendered = std::get_if<AckFrame>(&frame)) return ack(*rendered);
  if (const auto* probe = std::get_if<PingFrame>(&frame)) return ping(port, *probe);
  resize(std::get<ResizeFrame>(frame).size);
}

void ParticipantSession::resize(TerminalSize size) {
  m_size = size;
  // What happens once the task has ended must not get into the next one's record.
  if (m_run && !m_ending) m_run->resize(size);
}

void ParticipantSession::hello(ConnectionPort& port, const HelloFrame& frame) {
  if (!m_ports.contains(&port)) return;
  if (m_page && &m_page->port() != &port) {
    ConnectionPort& older = m_page->port();
    m_page.reset();
    m_ports.erase(&older);
    older.send_text(replaced_frame());
    older.close(close_replaced, "replaced");
  }
  if (!m_page) m_page = std::make_unique<Page>(port);
  if (!frame.stream) m_answers.clear();
  resize(frame.size);
  if (!is_running()) {
    m_page->start_output(0);
    return send_welcome({});
  }
  m_page->credit(m_run->forget_early_input());
  const bool same_stream = !frame.stream || *frame.stream == m_run->stream();
  if (std::exchange(m_input_uncertain, false) && same_stream && frame.input_offset) {
    m_run->jump_input(*frame.input_offset);
    m_acknowledged_input = m_run->input().received_end();
  }
  const OutputBuffer& output = m_run->output();
  const std::uint64_t wanted = std::min(same_stream ? frame.output_offset : 0, output.end());
  const bool reaches_back = wanted >= output.begin();
  const std::uint64_t from = reaches_back ? wanted : output.is_cut() ? output.begin_of_line() : output.begin();
  m_recorder.add(EventRecord("attached", "{\"address\":" + quote_json(port.address()) +
                                             ",\"output_offset\":" + std::to_string(from) + "}", now()));
  m_page->start_output(from);
  send_welcome({});
  m_page->catch_up(output);
  if (!reaches_back && output.is_cut()) m_run->redraw();
  m_run->resume();
}

void ParticipantSession::start_task(const StartTaskFrame& frame) {
  const int current = current_task_number(m_progress);
  if (current > static_cast<int>(m_environment.study->tasks.size())) {
    return send(error_frame("no_task", "all tasks have been done", frame.id));
  }
  if (frame.task != current) {
    return send(error_frame("wrong_task", "expected task " + std::to_string(current) + ", got " +
                                              std::to_string(frame.task), frame.id));
  }
  if (m_ending || m_released) return send(error_frame("busy", "the last task is being put away", frame.id));
  if (is_running()) return send_welcome(frame.id);
  m_start_id = frame.id;
  if (m_run) return;
  m_answered = 0;
  m_input_uncertain = false;
  m_run = make_run(frame.task, "s-" + random_token(m_environment.random, 8), TaskRun::Position());
  m_run->start();
}

void ParticipantSession::on_started(std::exception_ptr error) {
  if (m_ending || m_released || !m_run) return;
  if (!error) return begin_recording();
  complain_of_sandbox(error, std::exchange(m_start_id, {}));
  if (m_begun) {
    m_retry->start(m_environment.loop.clock().now() + sandbox_retry, [this] {
      if (is_running()) m_run->start();
    });
    return;
  }
  m_run.reset();
  m_recorder.discard_held();
  check_idle();
}

void ParticipantSession::begin_recording() {
  if (m_begun) {
    m_recorder.write([fence = m_recorder.fence(), sandbox = m_run->sandbox_id()](StoreTransaction& transaction,
                                                                               TaskSessionId session) {
      transaction.set_sandbox(fence, session, sandbox);
    }, {});
    return;
  }
  const Task& task = m_study->tasks[static_cast<std::size_t>(m_run->task_number()) - 1];
  const Moment started = now();
  m_recorder.begin(m_run->task_number(), to_string(task.type), m_run->stream(), m_run->sandbox_id(), started,
                   [this, started](const TaskSessionRow& row) {
                     m_charged_before = {};
                     m_clock_started = started.monotonic;
                     on_begun(row);
                   });
}

void ParticipantSession::on_begun(const TaskSessionRow& row) {
  if (!m_run || m_released) return;
  m_progress.latest = row;
  ++m_progress.state_number;
  m_begun = true;
  start_clock();
  if (!m_page) return;
  m_page->start_output(0);
  send_welcome(std::exchange(m_start_id, {}));
  send(state_frame(state()));
  m_page->catch_up(m_run->output());
}

void ParticipantSession::start_clock() {
  if (m_progress.latest && m_clock_started == MonotonicTime{}) m_clock_started = m_environment.loop.clock().now();
  m_deadline->start(m_clock_started + (m_study->task_duration - m_charged_before), [this] { on_deadline(); });
}

void ParticipantSession::on_deadline() {
  if (!m_run->check_is_under_way()) return end_task(TaskSessionState::timed_out);
  m_deadline->start(m_environment.loop.clock().now() + check_grace, [this] { end_task(TaskSessionState::timed_out); });
}

std::chrono::nanoseconds ParticipantSession::charged() const {
  const auto spent = m_charged_before + (m_environment.loop.clock().now() - m_clock_started);
  return std::min<std::chrono::nanoseconds>(spent, m_study->task_duration);
}

void ParticipantSession::end_task(TaskSessionState new_state) {
  if (!is_running()) return;
  m_progress.latest->charged = new_state == TaskSessionState::timed_out ? m_study->task_duration : charged();
  m_ending = true;
  m_deadline->cancel();
  m_retry->cancel();
  m_end_steps = 2;
  const auto step = [this, alive = std::weak_ptr(m_alive)] {
    if (!alive.expired() && --m_end_steps == 0) on_ended();
  };
  const auto removed = std::make_shared<bool>(false);
  const auto once = [step, removed] {
    if (!std::exchange(*removed, true)) step();
  };
  m_run->stop(once);
  m_retry->start(m_environment.loop.clock().now() + removal_limit, once);
  m_recorder.end(new_state, m_progress.latest->charged, now(), [this, new_state, step] {
    m_progress.latest->state = new_state;
    ++m_progress.state_number;
    step();
  });
}

void ParticipantSession::on_ended() {
  m_retry->cancel();
  m_run.reset();
  m_begun = m_ending = m_is_resetting = false;
  m_clock_started = {};
  if (m_page) {
    m_page->start_output(0);
    m_page->credit_all();
  }
  if (!m_give_up_id.empty()) {
    const RequestId id = std::exchange(m_give_up_id, {});
    remember("give_up", id, done_frame(id));
    send(done_frame(id));
  }
  send(state_frame(state()));
  check_idle();
}

void ParticipantSession::reset(const ResetFrame& frame) {
  if (answer_again("reset", frame.id)) return;
  if (!is_running()) return send(error_frame("no_task", "no task is running", frame.id));
  if (m_is_resetting) return;
  m_is_resetting = true;
  m_run->reset([this, id = frame.id](std::exception_ptr error) {
    m_is_resetting = false;
    if (error) return complain_of_sandbox(error, id);
    remember("reset", id, done_frame(id));
    send(done_frame(id));
    begin_recording();
  });
}

void ParticipantSession::give_up(const GiveUpFrame& frame) {
  if (answer_again("give_up", frame.id)) return;
  if (m_ending) {
    m_give_up_id = frame.id;
    return;
  }
  if (!is_running()) return send(error_frame("no_task", "no task is running", frame.id));
  m_give_up_id = frame.id;
  end_task(TaskSessionState::gave_up);
}

void ParticipantSession::ack(const AckFrame& frame) {
  if (!is_running() || !m_page->acknowledge(frame.output_offset)) return;
  if (frame.output_offset > m_answered) {
    m_answered = frame.output_offset;
    m_recorder.set_answered(m_answered);
  }
  m_page->catch_up(m_run->output());
  m_run->resume();
}

void ParticipantSession::ping(ConnectionPort& port, const PingFrame& frame) {
  port.send_text(pong_frame(frame.t, is_running() ? m_run->input().received_end() : 0,
                            is_running() ? m_run->output().end() : 0, m_progress.state_number));
}

bool ParticipantSession::answer_again(const std::string& kind, const RequestId& id) {
  const auto found = m_answers.find(kind + ' ' + m_last_stream + ' ' + id);
  if (found == m_answers.end()) return false;
  send(found->second);
  return true;
}

void ParticipantSession::remember(const std::string& kind, const RequestId& id, std::string answer) {
  constexpr std::size_t limit = 64;
  if (m_answers.size() >= limit) m_answers.clear();
  m_answers[kind + ' ' + m_last_stream + ' ' + id] = std::move(answer);
}

void ParticipantSession::send(std::string json) {
  if (m_page) m_page->port().send_text(std::move(json));
}

void ParticipantSession::send_welcome(const RequestId& id) {
  const bool running = is_running();
  send(welcome_frame(id, running ? m_run->stream() : "", running ? m_run->input().received_end() : 0,
                     running && m_page ? m_page->sent() : 0, running ? m_answered : 0, state()));
}

std::string ParticipantSession::state() {
  if (is_running()) m_progress.latest->charged = charged();
  return state_json(m_run && m_begun ? *m_study : *m_environment.study, m_progress);
}

void ParticipantSession::complain_of_sandbox(const std::exception_ptr& error, const RequestId& id) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& failure) {
    m_environment.log.error(std::string("a sandbox could not be started: ") + failure.what() +
                            (failure.hint().empty() ? "" : " (" + failure.hint() + ")"));
  }
  send(error_frame("sandbox_unavailable",
                   "The terminal could not be started. Please try again; if it goes on, tell the person who runs the study.",
                   id));
}

bool ParticipantSession::is_idle() const { return m_ports.empty() && !m_run; }

void ParticipantSession::check_idle() {
  if (!is_idle() || m_released) return;
  m_environment.loop.post([this, alive = std::weak_ptr(m_alive)] {
    if (alive.expired() || !is_idle() || m_released) return;
    const auto idle = m_callbacks.idle;
    idle();
  });
}

void ParticipantSession::close_all(int code, const std::string& reason) {
  m_page.reset();
  for (ConnectionPort* port : std::exchange(m_ports, {})) port->close(code, reason);
}

void ParticipantSession::release(std::function<void()> done) {
  if (std::exchange(m_released, true)) return;
  m_deadline->cancel();
  m_retry->cancel();
  close_all(close_service_restart, "the server goes down");
  auto give_back = [this, done = std::move(done)] {
    m_recorder.write([fence = m_recorder.fence(), at = now()](StoreTransaction& transaction, TaskSessionId) {
      transaction.release_lease(fence, at);
    }, done);
  };
  if (!m_run) return give_back();
  m_run->stop([alive = std::weak_ptr(m_alive), give_back = std::move(give_back)] {
    if (!alive.expired()) give_back();
  });
}

void ParticipantSession::abandon() {
  m_released = true;
  m_deadline->cancel();
  m_retry->cancel();
  m_run.reset();
  close_all(close_service_restart, "another worker has the session");
}

}  // namespace tellina
