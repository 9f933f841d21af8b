/// A study with every kind of step on the real server, which is killed between any two of them.

#include <boost/json.hpp>

#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace json = boost::json;

constexpr const char* tasks = R"([
  {"id": "warm-up", "type": "stdout", "description": "Print warm.", "answer": "warm", "solution": ["echo warm"]},
  {"id": "red", "type": "stdout", "description": "Print red.", "answer": "red"},
  {"id": "blue", "type": "stdout", "description": "Print blue.", "answer": "blue"}
])";

constexpr const char* design =
    R"("blocks": {"I": {"tasks": ["red"], "time_limit_in_seconds": 300}, "II": {"tasks": ["blue"]}},
  "treatments": {"A": {"title": "Manual", "text": "Use man."}, "B": {"title": "Nothing"}},
  "assignment": {"groups": {"crossover": {"blocks": ["I", "II"], "treatments": ["A", "B"]}}, "seed": 7},
  "questionnaires": {"about": {"title": "About you", "fields": [
    {"name": "years", "type": "number", "label": "Years", "at_least": 0, "required": true}]}},
  "flow": [
    {"consent": "We record all keys.", "boxes": ["I am 18."]},
    {"questionnaire": "about", "ends_if": [{"field": "years", "less_than": 1, "outcome": "screened_out"}]},
    {"page": "Read this."},
    {"practice": ["warm-up"], "solution_after_in_seconds": 1},
    {"periods": [{"tasks": "{block}"}], "between": [{"break": "Rest."}]},
    {"page": "Well done."}],
  "completion": {"completed": {"text": "Thank you!", "code": "generated"}},
  "study": {"withdrawal": "ask"},
)";

class Flow : public ServerTest {
 protected:
  void start_study() {
    StudyConfig config;
    config.tasks = tasks;
    config.more = design;
    start(config);
  }

  /// The first column.
  std::vector<std::string> column(const std::string& sql) const {
    std::vector<std::string> values;
    for (const auto& row : database().rows(sql)) values.push_back(row.at(0));
    return values;
  }
  /// The id of the step or task that the participant has to do next, or "running" or "finished".
  static std::string step_of(const TestClient& client) {
    const json::object state = client.state_object();
    if (state.at("state") == "step") return json::value_to<std::string>(state.at("step").at("id"));
    if (state.at("state") == "ready") return json::value_to<std::string>(state.at("task").at("id"));
    return json::value_to<std::string>(state.at("state"));
  }

  /// Sends the request three times; each must be confirmed.
  static void leave(TestClient& client, const std::string& step, const std::string& more) {
    const std::string text = R"({"type":"step_done","step":")" + step + '"' + more + R"(,"id":)";
    for (const char* const id : {"1001", "1001", "1002"}) client.send_json(text + id + "}");
    for (const char* const id : {"1001", "1001", "1002"}) client.wait_for_answer("done", id);
  }

  /// Does what the state asks for.
  static void go_on(TestClient& client) {
    const std::string step = step_of(client);
    if (step.starts_with("consent")) {
      leave(client, step, R"(,"choice":"agree")");
    } else if (step.starts_with("questionnaire")) {
      client.send_json(R"({"type":"step_answer","step":")" + step + R"(","field":"years","value":3})");
      leave(client, step, "");
    } else if (client.state() == "ready") {
      const json::object task = client.state_object().at("task").as_object();
      client.start_task(static_cast<int>(task.at("number").to_number<int>()));
      client.expect_prompt();
      client.type("echo " + std::string(step == "warm-up" ? "warm" : step) + "\r");
    } else {
      leave(client, step, "");
    }
    ASSERT_TRUE(client.wait_until([&] { return step_of(client) != step && step_of(client) != "running"; }));
  }

  static std::vector<std::string> walk(TestClient& client, const std::function<void()>& between) {
    std::vector<std::string> steps;
    while (step_of(client) != "finished" && steps.size() < 20) {
      steps.push_back(step_of(client));
      go_on(client);
      if (HasFatalFailure()) break;
      between();
    }
    return steps;
  }
};

TEST_F(Flow, EveryStepIsLeftOnceAlthoughTheServerIsKilledAfterEach) {
  start_study();
  TestClient bob = join();
  const std::vector<std::string> steps = walk(bob, [&] {
    server().kill();
    bob.cut();
    start({}, "config.json");
    bob.use_port(server().port());
    bob.reconnect(std::chrono::seconds(20));
  });
  ASSERT_EQ(steps.size(), 8U);
  EXPECT_EQ(steps.front(), "consent-1");
  EXPECT_EQ(steps.back(), "page-2");
  const json::object end = bob.state_object();
  EXPECT_EQ(end.at("outcome"), "completed");
  EXPECT_EQ(end.at("text"), "Thank you!");
  EXPECT_EQ(end.at("code").as_string().size(), 8U);
  EXPECT_EQ(end.at("outcomes").as_array().size(), 2U);
  stop();
  EXPECT_THAT(
      column("SELECT step_id || ' ' || result FROM steps ORDER BY position"),
      ElementsAre("consent-1 agreed", "questionnaire-1 submitted", "page-1 read", HasSubstr("rested"), "page-2 read"));
  EXPECT_THAT(column("SELECT form || ' ' || field || ' ' || value FROM answers"), ElementsAre("about years 3"));
  EXPECT_THAT(column("SELECT count(*) FROM schedule WHERE reached"), ElementsAre("8"));
  EXPECT_THAT(column("SELECT participant_id || ' ' || outcome || ' ' || tasks_passed FROM people "
                     "WHERE outcome IS NOT NULL"),
              ElementsAre("P001 completed 2"));
  EXPECT_THAT(column("SELECT task || ' ' || block || ' ' || treatment FROM results WHERE NOT is_practice "
                     "ORDER BY block"),
              ElementsAre(HasSubstr("red I "), HasSubstr("blue II ")));
}

TEST_F(Flow, AnAnswerAndAWithdrawalEndTheStudy) {
  start_study();
  TestClient bob = join();
  go_on(bob);
  leave(bob, "questionnaire-1", R"(,"answers":{"years":0})");
  ASSERT_TRUE(bob.wait_until([&] { return step_of(bob) == "finished"; }));
  EXPECT_EQ(bob.state_object().at("outcome"), "screened_out");

  TestClient alice = join("alice");
  for (int i = 0; i < 3; ++i) go_on(alice);
  alice.start_task(1);
  alice.expect_prompt();
  alice.type("echo secret-words\r");
  alice.expect("secret-words\r\n");
  alice.send_json(R"({"type":"show_solution","task":1,"id":3})");
  EXPECT_EQ(alice.wait_for_answer("error", "3").at("code"), "too_early");
  ASSERT_TRUE(alice.wait_until([&] {
    alice.send_json(R"({"type":"show_solution","task":1,"id":4})");
    alice.pump(std::chrono::milliseconds(100));
    return alice.has_message("solution");
  }));
  EXPECT_EQ(alice.wait_for("solution").at("lines"), json::array({"echo warm"}));
  for (const char* const id : {"7", "7", "8"}) {
    alice.send_json(R"({"type":"withdraw","delete":true,"id":)" + std::string(id) + "}");
  }
  alice.wait_for_answer("done", "7");
  alice.wait_for_answer("done", "8");
  ASSERT_TRUE(alice.wait_until([&] { return step_of(alice) == "finished"; }));
  EXPECT_EQ(alice.state_object().at("outcome"), "withdrew");
  stop();
  EXPECT_THAT(column("SELECT participant_id || ' ' || outcome FROM people ORDER BY participant_id"),
              ElementsAre("P001 screened_out", "P002 withdrew"));
  EXPECT_THAT(column("SELECT count(*) FROM results WHERE access_code = 'alice'"), ElementsAre("0"));
  EXPECT_THAT(column("SELECT count(*) FROM input_chunks"), ElementsAre("0"));
}

TEST_F(Flow, ADesignDoesNotChangeUnderAParticipant) {
  start_study();
  TestClient bob = join();
  go_on(bob);
  stop();
  StudyConfig config;
  config.tasks = tasks;
  config.more = design;
  config.more.replace(config.more.find("Read this."), 10, "Read that.");
  configure(config);
  EXPECT_THROW(start({}, "config.json"), std::runtime_error);
}

}  // namespace
}  // namespace tellina::testing
