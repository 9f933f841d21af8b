#include "host/selftest/scenario.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <functional>
#include <utility>

#include "host/selftest/test_study.hpp"
#include "host/selftest/wire_client.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  if (!value) return {};
  return value->is_string() ? json::value_to<std::string>(*value) : json::serialize(*value);
}

[[noreturn]] void fail(const std::string& reason) { throw Error(ErrorCode::internal, reason); }

void expect_status(const WireClient::Answer& answer, const std::string& what) {
  if (answer.status != 200) {
    fail(what + ": expected status 200, got " + std::to_string(answer.status) + ": " + answer.body);
  }
}

/// The participant of the self-test.
class Player {
 public:
  Player(const SelfTestEntrance& entrance, Clock& clock, MonotonicTime deadline, const std::stop_token& stop)
      : m_entrance(entrance), m_client(clock, entrance.port, deadline, stop) {}

  void log_in() {
    const json::object body{{"access_code", m_entrance.access_code}};
    const WireClient::Answer answer = m_client.post("/api/v1/login", json::serialize(body));
    expect_status(answer, "the login");
    m_cookie = answer.cookie;
  }

  void open_terminal() {
    m_client.open_terminal(m_cookie);
    m_client.tell({{"type", "hello"}, {"columns", 80}, {"rows", 24}, {"output_offset", 0}});
    const json::object welcome = await_answer("welcome", "");
    const std::string state = text_of(welcome.at("state").as_object(), "state");
    if (state != "ready") fail("expected a study that is ready, got \"" + state + "\"");
  }

  void see_seeded_sandbox() {
    start_task(1);
    type("ls words");
    m_client.await_output("secret.txt");
  }

  void pass_output_task() {
    type(self_test_output_command);
    expect_end_of_task(1, "passed");
  }

  void run_out_of_time() {
    start_task(2);
    type("printf '%s-%s\\n' still here");
    m_client.await_output("still-here");
    expect_end_of_task(2, "timed_out");
  }

  void pass_filesystem_task() {
    start_task(3);
    type(self_test_filesystem_command);
    expect_end_of_task(3, "passed");
  }

  void see_record() {
    const WireClient::Answer answer = m_client.get("/api/v1/study", m_cookie);
    expect_status(answer, "the study");
    const std::string state = text_of(json::parse(answer.body).as_object(), "state");
    if (state != "finished") fail("expected a study that is finished, got \"" + state + "\"");
  }

 private:
  json::object await_answer(const std::string& type, const std::string& id) {
    return m_client.await("a frame of type " + type, [&](const json::object& frame) {
      const std::string got = text_of(frame, "type");
      if (got == "error") fail("the server answered " + text_of(frame, "code") + ": " + text_of(frame, "message"));
      return got == type && text_of(frame, "id") == id;
    });
  }

  void start_task(int task) {
    const std::string id = "start-" + std::to_string(task);
    m_client.forget_output();
    m_client.tell({{"type", "start_task"}, {"id", id}, {"task", task}});
    m_typed = await_answer("welcome", id).at("input_offset").to_number<std::uint64_t>();
  }

  void type(const std::string& command) {
    const std::string keys = command + "\r";
    m_client.type(m_typed, keys);
    m_typed += keys.size();
  }

  void expect_end_of_task(int task, const std::string& outcome) {
    const std::string wanted = "the end of task " + std::to_string(task) + " as " + outcome;
    std::string got;
    m_client.await(wanted, [&](const json::object& frame) {
      if (text_of(frame, "type") != "state") return false;
      const json::object* previous = frame.at("state").as_object().at("previous").if_object();
      if (!previous || text_of(*previous, "number") != std::to_string(task)) return false;
      got = text_of(*previous, "state");
      return true;
    });
    if (got != outcome) fail("expected " + wanted + ", got " + got);
  }

  const SelfTestEntrance& m_entrance;
  WireClient m_client;
  std::string m_cookie;
  std::uint64_t m_typed = 0;
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

SelfTestReport play_self_test(const SelfTestEntrance& entrance, Clock& clock, MonotonicTime deadline,
                              const std::stop_token& stop) {
  Player player(entrance, clock, deadline, stop);
  const std::pair<const char*, void (Player::*)()> steps[] = {
      {"The gateway lets a participant in", &Player::log_in},
      {"The terminal's connection opens, and a worker has the session", &Player::open_terminal},
      {"A sandbox with the task's files is made, and its shell answers", &Player::see_seeded_sandbox},
      {"A task of type stdout is passed", &Player::pass_output_task},
      {"A task runs out of time", &Player::run_out_of_time},
      {"A task of type filesystem is passed", &Player::pass_filesystem_task},
      {"The record says that the study is finished", &Player::see_record},
  };
  SelfTestReport report;
  for (const auto& [name, act] : steps) report.steps.emplace_back(name);
  for (std::size_t i = 0; i < report.steps.size(); ++i) {
    if (!run(report.steps[i], clock, [&, act = steps[i].second] { (player.*act)(); })) break;
  }
  return report;
}

}  // namespace tellina
