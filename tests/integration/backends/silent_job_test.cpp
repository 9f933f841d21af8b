// A task that a background job solves without output, with each real sandbox.
#include "backends.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;

class SilentJob : public ServerTest, public ::testing::WithParamInterface<const char*> {
 protected:
  /// `check_every_in_seconds`: with 0, only the checks after commands and at the deadline remain.
  void begin(double task_duration_in_seconds, int check_every_in_seconds) {
    m_backends.emplace(Combination("memory", "strict", GetParam()), folder());
    StudyConfig config;
    config.task_duration_in_seconds = task_duration_in_seconds;
    config.more = m_backends->members();
    if (GetParam() == std::string("process")) {
      config.more.insert(config.more.rfind('}'), R"(, "i_know_this_is_not_isolated": true)");
    }
    config.tasks = R"([{"check_every_in_seconds": )" + std::to_string(check_every_in_seconds) +
                   R"(, "type": "filesystem", "description": "make website/new", "working_directory": "~/website",
      "initial_filesystem": {"website": {}}, "answer": {"website": {"new": null}}}])";
    start(config);
  }
  static std::string end_of(TestClient& bob) {
    const auto message = bob.wait_for(
        "state", [](const auto& found) { return text_of(found.at("state").as_object(), "state") == "finished"; });
    return text_of(message.at("state").as_object(), "previous");
  }

 private:
  std::optional<Backends> m_backends;
};

TEST_P(SilentJob, PassesTheTaskBeforeItsDeadline) {
  begin(600, 2);
  TestClient bob = join_task();
  bob.run("(sleep 3; touch new) &");
  EXPECT_EQ(end_of(bob), R"({"number":1,"state":"passed"})");
  EXPECT_GE(std::stod(database().value("SELECT time_spent_in_seconds FROM results")), 3);
  EXPECT_THAT(database().rows("SELECT text, cwd FROM commands"),
              ElementsAre(ElementsAre("(sleep 3; touch new) &", ::testing::EndsWith("/website"))));
}

TEST_P(SilentJob, PassesTheTaskAtTheDeadline) {
  constexpr double deadline = 5;
  begin(deadline, 0);
  TestClient bob = join_task();
  // A check is due up to a second after the last output, which is the prompt's.
  bob.run("(sleep 3; touch new) &");
  EXPECT_EQ(end_of(bob), R"({"number":1,"state":"passed"})");
  EXPECT_GE(std::stod(database().value("SELECT time_spent_in_seconds FROM results")), deadline - 0.1);
}

INSTANTIATE_TEST_SUITE_P(Sandboxes, SilentJob, ::testing::Values("chroot", "docker", "process"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace tellina::testing
