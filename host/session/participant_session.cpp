#include "host/session/participant_session.hpp"

#include <algorithm>
#include <utility>

#include "host/session/visible_progress.hpp"
#include "host/study/state_json.hpp"
#include "host/text/json.hpp"
#include "host/wire/data_frame.hpp"

namespace tellina {
namespace {

std::string attached_detail(const ClientConnection& port, const HelloFrame& hello, std::uint64_t output_offset) {
  return "{\"address\":" + json_string(port.address()) + ",\"output_offset\":" + std::to_string(output_offset) +
         ",\"columns\":" + std::to_string(hello.size.columns) + ",\"rows\":" + std::to_string(hello.size.rows) +
         (hello.timezone.empty() ? "" : ",\"timezone\":" + json_string(hello.timezone)) + "}";
}

}  // namespace

ParticipantSession::ParticipantSession(SessionEnvironment& environment, const LeaseResult& lease, Callbacks callbacks)
    : m_environment(environment),
      m_callbacks(std::move(callbacks)),
      m_progress(lease.progress),
      m_recorder(environment.loop, environment.store, environment.log, lease.fence, environment.keeps_bytes,
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
      m_streams(lease.streams),
      m_deadline(environment.loop.make_timer()),
      m_retry(environment.loop.make_timer()),
      m_observation_limit(environment.loop, [this](EventRecord event) { m_recorder.note(std::move(event)); }) {
  if (m_progress.latest && m_progress.latest->state == TaskSessionState::running) {
    take_over(lease.left_in_order);
  }
}

ParticipantSession::~ParticipantSession() = default;

void ParticipantSession::attach(ClientConnection& port) { m_ports.insert(&port); }

void ParticipantSession::detach(ClientConnection& port, const std::string& reason) {
  if (m_ports.erase(&port) == 0) return;
  if (m_page && &m_page->port() == &port) {
    m_page.reset();
    drop_ahead();
    m_recorder.note(EventRecord("detached", "{\"reason\":" + json_string(reason) + "}", now()));
    log_departure(reason);
    if (is_running()) m_run->resume();
  }
  check_idle();
}

void ParticipantSession::on_data(ClientConnection& port, BytesView frame) {
  const std::size_t size = frame.size() - std::min(frame.size(), frame_header);
  if (!m_page || &m_page->port() != &port || !has_frame_header(frame)) {
    port.send_text(error_frame("bad_message", "expected hello before input", {}));
    port.credit(size);
    return;
  }
  m_page->input_came(size);
  if (!is_running()) return m_page->credit(size);
  const std::uint64_t offset = frame_offset(frame);
  const InputStream::Arrival arrival = m_run->receive(offset, frame_bytes(frame));
  if (arrival.beyond_window) {
    m_page->credit(size);
    send(error_frame("bad_message",
                     "input at offset " + std::to_string(offset) + " is more than 64 KiB ahead of " +
                         std::to_string(m_run->input().received_end()),
                     {}));
    return;
  }
  m_page->credit(arrival.dropped);
}

void ParticipantSession::on_text(ClientConnection& port, BytesView json) {
  const ClientFrame frame = decode_client_frame(json);
  if (const auto* bad = std::get_if<BadFrame>(&frame)) {
    return port.send_text(error_frame("bad_message", bad->message, bad->id));
  }
  if (const auto* greeting = std::get_if<HelloFrame>(&frame)) return hello(port, *greeting);
  if (!m_page || &m_page->port() != &port) {
    return port.send_text(error_frame("bad_message", "expected hello as the first frame", {}));
  }
  if (const auto* seen = std::get_if<SandboxSeenFrame>(&frame)) return see_sandbox(*seen);
  if (const auto* start = std::get_if<StartTaskFrame>(&frame)) return start_task(*start);
  if (const auto* restart = std::get_if<ResetFrame>(&frame)) return reset(*restart);
  if (const auto* end = std::get_if<GiveUpFrame>(&frame)) return give_up(*end);
  if (const auto* rendered = std::get_if<AckFrame>(&frame)) return ack(*rendered);
  if (const auto* probe = std::get_if<PingFrame>(&frame)) return ping(port, *probe);
  if (const auto* seen = std::get_if<ObservationFrame>(&frame)) return observe(*seen);
  resize(std::get<ResizeFrame>(frame).size);
}

void ParticipantSession::observe(ObservationFrame frame) {
  if (!m_observation_limit.admit(frame)) return;
  EventRecord event(std::move(frame.kind), std::move(frame.detail), now());
  // What was typed in a task that has ended meanwhile is not the next one's: the row names its stream.
  const bool names_stream = frame.is_input_times || !frame.stream.empty();
  const bool is_of_another = names_stream && (!is_running() || frame.stream != m_run->stream());
  if (is_of_another)
    m_recorder.note_of_participant(std::move(event));
  else
    m_recorder.note(std::move(event));
}

void ParticipantSession::resize(TerminalSize size) {
  m_size = size;
  // What happens once the task has ended must not get into the next one's record.
  if (m_run && !m_ending) m_run->resize(size);
}

bool ParticipantSession::refuses_hello(ClientConnection& port, const HelloFrame& frame) {
  if (frame.participant && *frame.participant != participant_key(participant())) {
    m_environment.log.warning("a page of another participant came with a cookie of " +
                              participant_label(participant()) + " and was sent away; it logs in again");
    port.send_text(
        error_frame("wrong_participant", "This page is another participant's. Please open its link again.", {}));
    m_ports.erase(&port);
    port.close(close_code::wrong_participant, "wrong participant");
    check_idle();
    return true;
  }
  if (!frame.stream || frame.stream->empty() || m_streams.contains(*frame.stream)) return false;
  m_environment.log.warning(participant_label(participant()) +
                            ": a page named a stream that is not this participant's, and was refused");
  port.send_text(error_frame("unknown_stream", "This page is another participant's. Please open its link again.", {}));
  return true;
}

std::uint64_t ParticipantSession::input_from(const HelloFrame& frame, bool same_stream) {
  const bool is_unseen = std::exchange(m_exchange_is_unseen, false);
  if (!same_stream || !frame.stream) return 0;
  const std::uint64_t present = m_run->input_from();
  if (!frame.sandbox) return is_unseen || present == TaskRun::no_input ? frame.input_offset.value_or(0) : present;
  if (frame.sandbox->empty()) return 0;
  // Input for a lost sandbox may come again after this hello, so the limit stays until the page names another.
  return *frame.sandbox == m_run->sandbox_id() ? present : TaskRun::no_input;
}

void ParticipantSession::see_sandbox(const SandboxSeenFrame& frame) {
  // Where it is not the one in use, the page has yet to hear of that one.
  if (is_running() && frame.sandbox == m_run->sandbox_id()) m_run->use_input_from(frame.input_offset);
}

void ParticipantSession::hello(ClientConnection& port, const HelloFrame& frame) {
  if (!m_ports.contains(&port) || refuses_hello(port, frame)) return;
  if (m_page && &m_page->port() != &port) {
    ClientConnection& older = m_page->port();
    m_page.reset();
    m_ports.erase(&older);
    m_recorder.note(EventRecord("detached", R"({"reason":"replaced by a newer page"})", now()));
    log_departure("replaced by a newer page");
    older.send_text(replaced_frame());
    older.close(close_code::replaced, "replaced");
  }
  if (!m_page) {
    m_page = std::make_unique<AttachedClient>(port);
    log_arrival(frame.stream.has_value());
  }
  m_page->confirms_sandboxes = frame.sandbox.has_value();
  if (!frame.stream) m_done.clear();
  resize(frame.size);
  if (!frame.timezone.empty()) m_timezone = frame.timezone;
  if (m_run) m_run->use_timezone(m_timezone);
  if (!is_running()) {
    m_recorder.note(EventRecord("attached", attached_detail(port, frame, 0), now()));
    m_page->start_output(0);
    send_welcome({});
    return work_ahead();
  }
  m_page->credit(m_run->forget_early_input());
  const bool same_stream = !frame.stream || *frame.stream == m_run->stream();
  if (std::exchange(m_input_uncertain, false) && same_stream && frame.input_offset) {
    m_run->jump_input(*frame.input_offset);
    m_acknowledged_input = m_run->input().received_end();
  }
  m_run->use_input_from(input_from(frame, same_stream));
  const OutputBuffer& output = m_run->output();
  const std::uint64_t wanted = std::min(same_stream ? frame.output_offset : 0, output.end());
  const bool reaches_back = wanted >= output.begin();
  const std::uint64_t from = reaches_back ? wanted : output.is_cut() ? output.begin_of_line() : output.begin();
  m_recorder.add(EventRecord("attached", attached_detail(port, frame, from), now()));
  m_page->start_output(from);
  send_welcome({});
  if (m_last_check) send_progress(*m_last_check);
  m_page->catch_up(output);
  if (!reaches_back && (output.is_cut() || m_run->is_adopted())) m_run->redraw();
  m_run->resume();
}

void ParticipantSession::start_task(const StartTaskFrame& frame) {
  const int current = current_task_number(m_progress);
  if (current > static_cast<int>(m_environment.study->tasks.size())) {
    return send(error_frame("no_task", "all tasks have been done", frame.id));
  }
  if (refuses_task(frame.task, frame.id)) return;
  if (m_ending || m_released) return send(error_frame("busy", "the last task is being put away", frame.id));
  if (is_running()) return send_welcome(frame.id);
  m_start_id = frame.id;
  if (m_run) return;
  m_answered = 0;
  m_input_uncertain = false;
  m_run = make_run(frame.task, "s-" + random_token(m_environment.random, 8), TaskRun::Position());
  // Held until the task has begun: the window that its first lines were made for.
  m_recorder.add(EventRecord(
      "started", "{\"columns\":" + std::to_string(m_size.columns) + ",\"rows\":" + std::to_string(m_size.rows) + "}",
      now()));
  if (m_ahead && m_ahead->is_for(m_study, frame.task)) return m_run->start(*std::exchange(m_ahead, nullptr));
  drop_ahead();
  m_run->start();
}

bool ParticipantSession::refuses_task(std::optional<int> task, const RequestId& id) {
  const int current = current_task_number(m_progress);
  if (!task || *task == current) return false;
  send(error_frame("wrong_task", "expected task " + std::to_string(current) + ", got " + std::to_string(*task), id));
  return true;
}

void ParticipantSession::reset(const ResetFrame& frame) {
  if (m_done.contains(request_key("reset", frame.id))) {
    return send(done_frame(frame.id, is_running() ? m_run->sandbox_id() : ""));
  }
  if (refuses_task(frame.task, frame.id)) return;
  if (!is_running()) return send(error_frame("no_task", "no task is running", frame.id));
  if (m_is_resetting) return;
  m_is_resetting = true;
  m_run->reset([this, id = frame.id](std::exception_ptr error) {
    m_is_resetting = false;
    if (error) return complain_of_sandbox(error, id, "reset");
    m_last_check.reset();
    m_recorder.add(EventRecord("reset", "{\"sandbox\":\"" + m_run->sandbox_id() + "\"}", now()));
    log_event("reset").write(m_environment.log);
    finish_request("reset", id, m_run->sandbox_id());
    begin_recording();
    if (std::exchange(m_progress.latest->sandbox_replaced, false)) send_state();
  });
}

void ParticipantSession::give_up(const GiveUpFrame& frame) {
  if (m_done.contains(request_key("give_up", frame.id))) return send(done_frame(frame.id));
  if (refuses_task(frame.task, frame.id)) return;
  if (m_ending) {
    m_give_up_id = frame.id;
    return;
  }
  if (!is_running()) return send(error_frame("no_task", "no task is running", frame.id));
  m_give_up_id = frame.id;
  end_unless_solved(TaskSessionState::gave_up);
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

void ParticipantSession::ping(ClientConnection& port, const PingFrame& frame) {
  port.send_text(pong_frame(frame.t, is_running() ? m_run->input().received_end() : 0,
                            is_running() ? m_run->output().end() : 0, m_progress.state_number));
}

std::string ParticipantSession::request_key(const std::string& kind, const RequestId& id) const {
  return kind + ' ' + m_last_stream + ' ' + id;
}

void ParticipantSession::finish_request(const std::string& kind, const RequestId& id, const std::string& sandbox) {
  constexpr std::size_t limit = 64;
  if (m_done.size() >= limit) m_done.clear();
  m_done.insert(request_key(kind, id));
  send(done_frame(id, sandbox));
}

void ParticipantSession::send(std::string json) {
  if (m_page) m_page->port().send_text(std::move(json));
}

void ParticipantSession::send_welcome(const RequestId& id) {
  const bool running = is_running();
  send(welcome_frame(id, running ? m_run->stream() : "", running ? m_run->sandbox_id() : "",
                     running ? m_run->input().received_end() : 0, running && m_page ? m_page->sent() : 0,
                     running ? m_answered : 0, state()));
}

void ParticipantSession::send_progress(const Progress& progress) {
  const Task& task = m_study->tasks[static_cast<std::size_t>(m_run->task_number()) - 1];
  if (const auto frame = visible_progress(progress, task)) send(progress_frame(*frame));
}

void ParticipantSession::send_state() { send(state_frame(state())); }

std::string ParticipantSession::state() {
  if (is_running()) m_progress.latest->charged = charged(m_environment.loop.clock().now());
  return state_json(m_run && m_begun ? *m_study : *m_environment.study, m_progress);
}

void ParticipantSession::resume() {
  if (m_run) m_run->resume();
}

bool ParticipantSession::is_idle() const { return m_ports.empty() && !m_run && m_leaving_ahead == 0; }

void ParticipantSession::drop_ahead() {
  if (!m_ahead) return;
  ++m_leaving_ahead;
  std::exchange(m_ahead, nullptr)->stop([this, alive = std::weak_ptr(m_alive)] {
    if (alive.expired() || --m_leaving_ahead > 0) return;
    if (m_when_ahead_is_gone) return std::exchange(m_when_ahead_is_gone, nullptr)();
    check_idle();
  });
}

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
  for (ClientConnection* port : std::exchange(m_ports, {})) port->close(code, reason);
}

void ParticipantSession::release(std::function<void()> done) {
  if (std::exchange(m_released, true)) return;
  m_deadline->cancel();
  m_retry->cancel();
  close_all(close_code::service_restart, "the server goes down");
  // Where a dead owner may have typed more than it recorded, and no page has said how much since, the next owner has to
  // ask; nor is anything known of a task that could not be taken over.
  const bool has_untold_task = !m_run && m_progress.latest && m_progress.latest->state == TaskSessionState::running;
  const bool in_order = !m_input_uncertain && !has_untold_task;
  auto give_back = [this, in_order, done = std::move(done)] {
    m_recorder.write(
        [fence = m_recorder.fence(), at = now(), in_order](StoreTransaction& transaction, TaskSessionId) {
          transaction.release_lease(fence, at, in_order);
        },
        done);
  };
  drop_ahead();
  auto when_gone = [this, alive = std::weak_ptr(m_alive), give_back = std::move(give_back)] {
    if (alive.expired()) return;
    if (m_leaving_ahead == 0) return give_back();
    m_when_ahead_is_gone = give_back;
  };
  if (m_run) return m_run->stop(std::move(when_gone));
  when_gone();
}

void ParticipantSession::abandon() {
  m_released = true;
  m_deadline->cancel();
  m_retry->cancel();
  m_run.reset();
  m_ahead.reset();
  close_all(close_code::service_restart, "another worker has the session");
}

LogEvent ParticipantSession::log_event(std::string_view name) const {
  LogEvent event(name);
  event.add_participant(participant());
  if (m_run) event.add("task", m_run->task_number()).add("session", m_run->stream());
  return event;
}

void ParticipantSession::log_arrival(bool has_been_here) {
  LogEvent event = log_event(has_been_here || m_left ? "reconnected" : "connected");
  if (m_left) event.add("seconds_away", m_environment.loop.clock().now() - *m_left);
  event.write(m_environment.log);
}

void ParticipantSession::log_departure(std::string_view reason) {
  m_left = m_environment.loop.clock().now();
  log_event("disconnected").add("reason", reason).write(m_environment.log);
}

}  // namespace tellina
