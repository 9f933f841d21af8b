/// Checkers in real sandboxes.

#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

/// Does what the participant's file `mode` says; a real checker would not.
constexpr const char* script = R"(case $(cat ~/mode 2>/dev/null) in
  hang) sleep 1000 ;;
  fork) b() { b | b & }; b 2>/dev/null; sleep 1000 ;;
  flood) head -c 1000000000 /dev/zero ;;
  disk) head -c 1000000000 /dev/zero > ~/large || { echo "cannot write 1 GB" >&2; exit 3; } ;;
  json) echo '{"matched": "many"}' ;;
  delete) rm -rf /check 2>/dev/null && exit 0; echo still: $(ls /check) >&2; exit 4 ;;
  commands) tail -n 1 /check/session.jsonl >&2; exit 5 ;;
  tar) tar -tf ~/html.tar > /tmp/names || exit 1
       grep -qx a.html /tmp/names && ! grep -q css /tmp/names && exit 0
       echo '{"incorrect": 1, "score": 0.5, "detail": [{"path": "html.tar", "status": "incorrect"}]}'; exit 1 ;;
  *) echo '{"missing": 1}'; exit 1 ;;
esac
)";

class Checkers : public ServerTest {
 protected:
  void serve(const std::string& members) {
    std::filesystem::create_directory(folder() / "check");
    write_text(folder() / "check/check.sh", script);
    StudyConfig config;
    config.tasks = R"([{"type": "command", "description": "d", "initial_filesystem": {"a.html": "a", "b.css": "b"},)" +
                   members +
                   R"("check": {"run": ["bash", "/check/check.sh"], "folder": "check", "timeout_in_seconds": 1}}])";
    start(config);
  }
  std::string failures() const {
    return database().value("SELECT count(*) FROM event_log WHERE kind = 'checker_failed'");
  }
  std::string last_failure() const {
    return database().value("SELECT detail FROM event_log WHERE kind = 'checker_failed' ORDER BY at_ns DESC LIMIT 1");
  }
};

TEST_F(Checkers, ThatFailSpoilNothingAndTheNextCommandIsJudged) {
  serve("");
  TestClient bob = join_task();
  const std::pair<const char*, const char*> table[] = {
      {"hang", "it ran longer than 1 s"},
      {"fork", "it ran longer than 1 s"},
      {"flood", "it printed more than 64 KiB"},
      {"disk", "cannot write 1 GB"},
      {"json", "matched: expected a whole number"},
      {"delete", "still: check.sh session.jsonl"},
      {"commands", R"(\"text\":\"echo commands > mode; echo printed\",\"cwd\":\"/home/me\",\"exit_status\":0,)"
                   R"(\"output_base64\":\"cHJpbnRlZAo=\")"},
  };
  int count = 0;
  for (const auto& [mode, reason] : table) {
    ++count;
    bob.run(std::string("echo ") + mode + " > mode; echo printed");
    ASSERT_TRUE(bob.wait_until([&] { return failures() == std::to_string(count); }, std::chrono::seconds(30)))
        << mode << ": " << failures();
    EXPECT_THAT(last_failure(), HasSubstr(reason)) << mode;
  }
  EXPECT_EQ(database().value("SELECT state FROM results"), "running");
  bob.run("echo alive: $(cat mode)");
  EXPECT_THAT(bob.output(), HasSubstr("\aalive: commands\r\n")) << "the participant's home is as it was";
  bob.type("echo seen: $(ls -A /check 2>/dev/null); echo tar > mode; tar -cf html.tar *.html\r");
  ASSERT_TRUE(bob.wait_until([&] { return database().value("SELECT state FROM results") == "passed"; }));
  EXPECT_THAT(bob.output(), HasSubstr("\aseen:\r\n")) << "no participant sees the folder";
}

TEST_F(Checkers, JudgeHandIns) {
  serve(R"("hand_in": "button", "tries": 3, "feedback": "own", )");
  TestClient bob = join_task();
  bob.run("echo tar > mode; tar -cf html.tar *");
  bob.send_json(R"({"type": "submit", "id": 1, "task": 1})");
  bob.wait_for_answer("done", "1");
  const auto progress = bob.wait_for("progress");
  EXPECT_EQ(boost::json::serialize(progress.at("detail")), R"([{"path":"html.tar","status":"incorrect"}])");
  const auto state =
      bob.wait_for("state", [](const auto& message) { return message.at("state").at("task").at("tries_left") == 2; });
  EXPECT_EQ(state.at("state").at("task").at("hand_in"), "button");
  bob.run("tar -cf html.tar *.html");
  bob.send_json(R"({"type": "submit", "id": 2, "task": 1})");
  bob.wait_for_answer("done", "2");
  EXPECT_EQ(database().value("SELECT state || ' ' || ended_by FROM results"), "passed hand_in");
}

TEST_F(Checkers, NeedASandboxThatRunsPrograms) {
  StudyConfig config;
  config.more = R"("sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true}, )";
  config.tasks = R"([{"type": "command", "description": "d", "check": {"run": ["true"]}}])";
  try {
    start(config);
    FAIL() << "expected a server that does not start";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("tasks[0].type: expected a task without a checker, as the sandbox \"process\" "
                                        "runs none, got \"command\""));
  }
}

}  // namespace
}  // namespace tellina::testing
