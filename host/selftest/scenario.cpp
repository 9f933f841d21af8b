#include "host/selftest/scenario.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include <poll.h>

#include "host/client/terminal_client.hpp"
#include "host/limits.hpp"
#include "host/selftest/test_study.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

[[noreturn]] void fail(const std::string& reason) { throw Error(ErrorCode::internal, reason); }

void expect_status(const client::HttpResponse& response, const std::string& what) {
  if (response.status != 200) {
    fail(what + ": expected status 200, got " + std::to_string(response.status) + ": " + response.body);
  }
}

std::string tail_of(const std::string& text) {
  return text.size() > limits::self_test_output ? text.substr(text.size() - limits::self_test_output) : text;
}

/// The participant of the self-test.
class Player final : private client::TerminalClient::Listener {
 public:
  Player(const SelfTestTarget& target, const client::WaitLimit& limit)
      : m_endpoint("127.0.0.1", target.port), m_access_code(target.access_code), m_limit(limit) {}

  void log_in() { m_cookie = client::log_in(m_endpoint, m_access_code, m_limit); }

  void open_terminal() {
    m_client.open(m_endpoint, m_cookie, m_limit);
    m_client.send_hello();
    const StudyState state = await_welcome("");
    if (state.state != "ready") fail("expected the state \"ready\", got \"" + state.state + "\"");
  }

  void check_sandbox_files() {
    start_task(1);
    type("ls words");
    await_output("secret.txt");
  }

  void pass_output_task() {
    type(self_test_output_command);
    expect_end_of_task(1, "passed");
  }

  void run_out_of_time() {
    start_task(2);
    type("printf '%s-%s\\n' still here");
    await_output("still-here");
    expect_end_of_task(2, "timed_out");
  }

  void pass_filesystem_task() {
    start_task(3);
    type(self_test_filesystem_command);
    expect_end_of_task(3, "passed");
  }

  void check_record() {
    const std::string cookie = "Cookie: " + m_cookie + "\r\n";
    std::string line = "GET ";
    line += study_path;
    const client::HttpResponse response = client::http_request(m_endpoint, line, cookie, "", m_limit);
    expect_status(response, "the study");
    const StudyState state = decode_study_state(response.body);
    if (state.state != "finished") fail("expected the state \"finished\", got \"" + state.state + "\"");
  }

 private:
  void on_output(std::string_view bytes) override { m_output.append(bytes); }
  void on_frame(const ServerFrame& frame, std::string_view) override { m_frames.push_back(frame); }

  /// Handles incoming messages until the condition holds. `what` names the awaited event in a failure.
  void wait_until(const std::function<bool()>& condition, const std::string& what) {
    while (!condition()) {
      if (!m_client.is_open()) {
        fail(what + ": the connection ended with code " + std::to_string(m_client.close_code()) + " " +
             m_client.close_reason());
      }
      const client::WebSocket& socket = *m_client.socket();
      const short events = static_cast<short>(POLLIN | (socket.has_unsent() ? POLLOUT : 0));
      try {
        m_limit.wait(socket.descriptor(), events, what);
      } catch (const client::ClientFailure& failure) {
        fail(failure.what() + (m_output.empty() ? "" : "; the terminal shows: " + tail_of(m_output)));
      }
      m_client.exchange();
    }
  }

  /// Drops frames while `take` returns false, and also the first for which it returns true.
  void await_frame(const std::string& what, const std::function<bool(const ServerFrame&)>& take) {
    const auto take_one = [&] {
      while (!m_frames.empty()) {
        const ServerFrame frame = std::move(m_frames.front());
        m_frames.pop_front();
        if (take(frame)) return true;
      }
      return false;
    };
    wait_until(take_one, what);
  }

  StudyState await_welcome(const RequestId& id) {
    StudyState state;
    await_frame("a frame of type welcome", [&](const ServerFrame& frame) {
      if (const auto* error = std::get_if<ErrorFrame>(&frame)) {
        fail("the server answered " + error->code + ": " + error->message);
      }
      const auto* welcome = std::get_if<WelcomeFrame>(&frame);
      if (!welcome || welcome->id != id) return false;
      state = decode_study_state(welcome->state);
      return true;
    });
    return state;
  }

  void await_output(const std::string& text) {
    wait_until([&] { return m_output.find(text) != std::string::npos; }, "\"" + text + "\" on the terminal");
  }

  void start_task(int task) {
    m_output.clear();
    await_welcome(m_client.start_task(task));
  }

  void type(const std::string& command) { m_client.type(command + "\r"); }

  void expect_end_of_task(int task, const std::string& outcome) {
    const std::string wanted = "the end of task " + std::to_string(task) + " as " + outcome;
    std::string got;
    await_frame(wanted, [&](const ServerFrame& frame) {
      const auto* change = std::get_if<StateFrame>(&frame);
      if (!change) return false;
      const StudyState state = decode_study_state(change->state);
      got = state.previous_end;
      return state.previous_task == task;
    });
    if (got != outcome) fail("expected " + wanted + ", got " + got);
  }

  const client::Endpoint m_endpoint;
  const std::string m_access_code;
  const client::WaitLimit& m_limit;
  client::TerminalClient m_client{*this};
  std::string m_cookie;
  std::string m_output;
  std::deque<ServerFrame> m_frames;
};

/// Runs one step; returns whether it passed.
bool run(SelfTestStep& step, Clock& clock, const std::function<void()>& act) {
  const MonotonicTime began = clock.now();
  try {
    act();
    step.outcome = SelfTestStep::Outcome::passed;
  } catch (const std::exception& error) {
    step.outcome = SelfTestStep::Outcome::failed;
    step.reason = error.what();
  }
  step.took = clock.now() - began;
  return step.outcome == SelfTestStep::Outcome::passed;
}

}  // namespace

SelfTestReport play_self_test(const SelfTestTarget& target, Clock& clock, std::chrono::nanoseconds limit,
                              const std::stop_token& stop) {
  const client::WaitLimit wait_limit(clock, limit, stop);
  Player player(target, wait_limit);
  const std::pair<const char*, void (Player::*)()> steps[] = {
      {"The gateway logs a participant in", &Player::log_in},
      {"The terminal's connection opens, and a worker serves its session", &Player::open_terminal},
      {"A sandbox with the task's files starts, and its shell answers", &Player::check_sandbox_files},
      {"A task of type stdout is passed", &Player::pass_output_task},
      {"A task runs out of time", &Player::run_out_of_time},
      {"A task of type filesystem is passed", &Player::pass_filesystem_task},
      {"The record shows that the study is finished", &Player::check_record},
  };
  SelfTestReport report;
  for (const auto& [name, act] : steps) report.steps.emplace_back(name);
  for (std::size_t i = 0; i < report.steps.size(); ++i) {
    if (!run(report.steps[i], clock, [&, act = steps[i].second] { (player.*act)(); })) break;
  }
  return report;
}

}  // namespace tellina
