#include "host/tryout/trial.hpp"

#include <boost/json.hpp>
#include <utility>

#include "host/runtime/assertion.hpp"
#include "host/wire/client_frames.hpp"
#include "host/wire/data_frame.hpp"

namespace tellina {
namespace {

/// How long a line that is not the last one may print nothing, and how long the last one may run.
constexpr std::chrono::seconds quiet_line{2};
constexpr std::chrono::minutes last_line{2};

/// The shell's mark at the end of a prompt.
constexpr BytesView prompt_mark = "\x1b]133;B";

const boost::json::object* object_at(const boost::json::object& parent, const char* key) {
  const boost::json::value* const value = parent.if_contains(key);
  return value && value->is_object() ? &value->get_object() : nullptr;
}

std::string text_at(const boost::json::object& parent, const char* key) {
  const boost::json::value* const value = parent.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

Trial::Trial(SessionEnvironment& environment, AsioLoop& loop, ParticipantId participant, std::vector<std::string> lines)
    : m_environment(environment),
      m_loop(loop),
      m_participant(participant),
      m_lines(std::move(lines)),
      m_quiet_timer(loop.make_timer()),
      m_limit_timer(loop.make_timer()) {}

Trial::~Trial() = default;

TrialResult Trial::run() {
  m_loop.post([this] { begin(); });
  m_loop.run();
  m_quiet_timer->cancel();
  m_limit_timer->cancel();
  m_session.reset();
  return m_result;
}

void Trial::begin() {
  LeaseResult lease;
  m_environment.store.run([&](StoreTransaction& transaction) {
    lease = transaction.acquire_lease(m_participant, m_environment.worker, Timestamp(m_loop.clock()));
  });
  TELLINA_ASSERT_PROCESS(lease.acquired);
  ParticipantSession::Callbacks callbacks;
  callbacks.idle = [] {};
  callbacks.lost = [this] { finish("the session failed"); };
  m_session = std::make_unique<ParticipantSession>(m_environment, lease, std::move(callbacks));
  m_session->attach(*this);
  const Task& task = m_environment.study->tasks.front();
  m_limit_timer->start(m_loop.clock().now() + trial_time + task.checker.time_limit,
                       [this] { finish("it takes too long"); });
  say(encode_frame(HelloFrame()));
  StartTaskFrame start;
  start.id = "1";
  start.task = 1;
  say(encode_frame(start));
}

void Trial::say(const std::string& json) { m_session->on_text(*this, json); }

void Trial::send_data(Bytes frame) {
  m_tail += frame_bytes(frame);
  AckFrame rendered;
  rendered.output_offset = frame_offset(frame) + frame_bytes(frame).size();
  const bool has_prompt = m_tail.find(prompt_mark) != Bytes::npos;
  if (has_prompt)
    m_tail.clear();
  else if (m_tail.size() > prompt_mark.size())
    m_tail.erase(0, m_tail.size() - prompt_mark.size());
  m_loop.post([this, rendered, has_prompt] {
    if (m_has_finished) return;
    say(encode_frame(rendered));
    if (has_prompt)
      next();
    else if (m_next_line > 0)
      wait_for_prompt();
  });
}

void Trial::wait_for_prompt() {
  // A line may begin a construct of several lines, after which the shell prints no mark.
  const bool is_last = m_next_line == m_lines.size();
  m_quiet_timer->start(m_loop.clock().now() + (is_last ? std::chrono::seconds(last_line) : quiet_line),
                       [this] { next(); });
}

void Trial::next() {
  m_quiet_timer->cancel();
  if (m_has_finished || m_has_given_up || m_is_handed_in) return;
  if (m_next_line < m_lines.size()) {
    const std::string line = m_lines[m_next_line++] + "\r";
    m_session->on_data(*this, data_frame(m_typed, line));
    m_typed += line.size();
    return wait_for_prompt();
  }
  if (m_environment.study->tasks.front().hand_in == HandIn::automatic) return give_up();
  m_is_handed_in = true;
  SubmitFrame submit;
  submit.id = "2";
  submit.task = 1;
  say(encode_frame(submit));
}

void Trial::give_up() {
  if (std::exchange(m_has_given_up, true)) return;
  GiveUpFrame frame;
  frame.id = "3";
  frame.task = 1;
  say(encode_frame(frame));
}

void Trial::send_text(std::string json) {
  m_loop.post([this, json = std::move(json)] {
    const boost::json::value value = boost::json::parse(json);
    const boost::json::object& message = value.as_object();
    const std::string type = text_at(message, "type");
    if (type == "error") return finish(text_at(message, "code") + ": " + text_at(message, "message"));
    const boost::json::object* const state = object_at(message, "state");
    const boost::json::object* const previous = state ? object_at(*state, "previous") : nullptr;
    if (previous) return finish(text_at(*previous, "state"));
    // The hand-in has not passed, and more are allowed.
    if (type == "progress" && m_is_handed_in) give_up();
  });
}

void Trial::close(int code, const std::string& reason) {
  m_loop.post([this, code, reason] { finish("connection closed: " + std::to_string(code) + " " + reason); });
}

void Trial::finish(const std::string& end) {
  if (std::exchange(m_has_finished, true)) return;
  m_result.end = end;
  m_result.passed = end == to_string(TaskSessionState::passed);
  m_session->detach(*this, "the trial is over");
  m_session->release([this] { m_loop.stop(); });
}

}  // namespace tellina
