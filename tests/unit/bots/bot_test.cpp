#include "host/bots/bot.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "played_server.hpp"

namespace tellina::testing {
namespace {

using bots::Bot;
using bots::BotResult;
using bots::BotSettings;
using bots::BotStudy;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int many = 300;

class BotTest : public ::testing::Test {
 protected:
  BotResult walk(PlayedServer& server, int number, const BotSettings& settings = {}) {
    Bot bot(m_bot_study, settings, number);
    return server.play(bot);
  }
  BotResult walk(int number, const BotSettings& settings = {}) {
    PlayedServer server(m_study, number % 4);
    return walk(server, number, settings);
  }
  /// The faults of the first bot of many to which the server's replacement applies.
  std::vector<std::string> faults_with(const std::function<void(PlayedServer&)>& change) {
    for (int number = 1; number <= many; ++number) {
      PlayedServer server(m_study, number % 4);
      change(server);
      const BotResult result = walk(server, number);
      if (!result.faults.empty()) return result.faults;
    }
    return {};
  }

  const Study m_study = bot_study();
  const BotStudy m_bot_study{m_study};
};

TEST_F(BotTest, ComesToTheEndInEveryWay) {
  std::map<std::string, int> outcomes;
  std::map<std::string, int> tasks;
  int reconnects = 0;
  int again = 0;
  int back = 0;
  for (int number = 1; number <= many; ++number) {
    const BotResult result = walk(number);
    EXPECT_THAT(result.faults, IsEmpty()) << number;
    ++outcomes[result.outcome];
    for (const auto& [state, count] : result.tasks) tasks[state] += count;
    reconnects += result.reconnects;
    again += std::ranges::count(result.visits, "about") > 1;
    back += std::ranges::count(result.visits, "page-1") > 1;
  }
  EXPECT_GT(outcomes["completed"], many / 2);
  EXPECT_GT(outcomes["screened_out"], 0);
  EXPECT_GT(outcomes["no_consent"], 0);
  EXPECT_EQ(outcomes.size(), 3U);
  EXPECT_GT(tasks["passed"], many);
  EXPECT_GT(tasks["gave_up"], many / 2) << "the task without a solution is given up";
  EXPECT_GT(reconnects, many);
  EXPECT_GT(again, 0);
  EXPECT_GT(back, 0);
}

TEST_F(BotTest, DecidesTheSameWithTheSameSeed) {
  int others = 0;
  for (int number = 1; number <= 20; ++number) {
    const BotResult result = walk(number);
    EXPECT_EQ(walk(number).visits, result.visits);
    BotSettings other;
    other.seed = 2;
    others += walk(number, other).visits != result.visits;
  }
  EXPECT_GT(others, 0);
}

TEST_F(BotTest, TypesAKeyAtATime) {
  for (int number = 1; number <= 20; ++number) {
    PlayedServer server(m_study);
    walk(server, number);
    EXPECT_LE(server.longest_key(), 2U) << "a letter of two bytes is one key";
  }
}

TEST_F(BotTest, LeavesTasksWithoutASolutionToTheirClock) {
  BotSettings settings;
  settings.unsolved = bots::Unsolved::clock;
  int timed_out = 0;
  for (int number = 1; number <= 20; ++number) {
    const BotResult result = walk(number, settings);
    EXPECT_THAT(result.faults, IsEmpty());
    if (const auto found = result.tasks.find("timed_out"); found != result.tasks.end()) timed_out += found->second;
  }
  EXPECT_GT(timed_out, 10);
}

TEST_F(BotTest, DropsOutWithTheGivenProbabilityAtAnyStep) {
  BotSettings settings;
  settings.dropout = 0.2;
  int left = 0;
  std::set<std::string> places;
  for (int number = 1; number <= many; ++number) {
    const BotResult result = walk(number, settings);
    EXPECT_THAT(result.faults, IsEmpty());
    if (result.left_at.empty()) continue;
    ++left;
    places.insert(result.left_at);
    EXPECT_EQ(result.outcome, "");
    EXPECT_EQ(result.left_at, result.visits.back());
  }
  EXPECT_NEAR(left, many * 0.2, many * 0.07);
  EXPECT_GT(places.size(), 5U);
}

TEST_F(BotTest, WaitsForTheStateAfterTheStep) {
  for (int number = 1; number <= 20; ++number) {
    PlayedServer server(m_study);
    // The record has the first step only when the bot asks to leave it: its state comes late, before the answer.
    std::optional<Bot::StateChanged> shown;
    bool is_late = true;
    server.sent = [&](Bot::Event& event) {
      const auto* const change = std::get_if<Bot::StateChanged>(&event);
      if (is_late && change) {
        shown = *change;
        return false;
      }
      if (is_late && shown && std::holds_alternative<Bot::Confirmed>(event)) {
        is_late = false;
        server.queue(*shown);
      }
      return true;
    };
    Bot bot(m_bot_study, {}, number);
    EXPECT_THAT(server.play(bot).faults, IsEmpty()) << number;
  }
}

TEST_F(BotTest, ReportsAStepThatComesAgain) {
  const auto faults = faults_with([](PlayedServer& server) {
    server.sent = [page = boost::json::value()](Bot::Event& event) mutable {
      auto* const change = std::get_if<Bot::StateChanged>(&event);
      if (!change || change->state.at("state") != "step") return true;
      if (change->state.at("step").at("id") == "page-1") page = change->state.at("step");
      if (change->state.at("step").at("id") == "effort.1" && !page.is_null()) change->state["step"] = page;
      return true;
    };
  });
  EXPECT_THAT(faults, Contains(HasSubstr("expected a step that was not left, got page-1 again")));
}

TEST_F(BotTest, ReportsAnAnswerThatDoesNotCome) {
  const auto faults = faults_with([](PlayedServer& server) {
    server.sent = [](Bot::Event& event) { return !std::holds_alternative<Bot::Confirmed>(event); };
  });
  EXPECT_THAT(faults, ElementsAre(HasSubstr("expected that the step is left, got nothing in time")));
}

TEST_F(BotTest, ReportsASolutionThatDoesNotPass) {
  const auto faults = faults_with([](PlayedServer& server) {
    server.passes = [](const Task& task, const std::string&) { return task.id == "warm-up"; };
  });
  EXPECT_THAT(faults, Contains(HasSubstr("expected that the task ends as passed, got that it still runs")));
}

TEST_F(BotTest, ReportsThatWhatMustFailPasses) {
  const auto faults = faults_with([](PlayedServer& server) {
    server.passes = [](const Task& task, const std::string& line) {
      return line == (task.id == "red" ? "cd red" : task.solution.empty() ? "" : task.solution.back());
    };
  });
  EXPECT_THAT(faults, Contains(StartsWith("red: expected that \"must_fail\" does not pass the task")));
}

TEST_F(BotTest, ReportsAnotherOutcomeThanItsAnswersCause) {
  const auto faults = faults_with([](PlayedServer& server) {
    server.sent = [](Bot::Event& event) {
      auto* const change = std::get_if<Bot::StateChanged>(&event);
      const bool is_end =
          change && change->state.at("state") == "finished" && change->state.at("outcome") == "completed";
      if (is_end) change->state["outcome"] = "expired";
      return true;
    };
  });
  EXPECT_THAT(faults, ElementsAre(HasSubstr("expected the outcome completed, got expired")));
}

TEST_F(BotTest, ReportsMissingFaultsOfAnswers) {
  const auto faults = faults_with([](PlayedServer& server) {
    server.sent = [](Bot::Event& event) {
      auto* const refused = std::get_if<Bot::Refused>(&event);
      if (refused && refused->code == "bad_answers") event = Bot::Confirmed{refused->request};
      return true;
    };
  });
  EXPECT_THAT(faults, Contains(HasSubstr("expected bad_answers, as ")));
}

TEST_F(BotTest, ConnectsAgainAndReportsALostConnection) {
  PlayedServer server(m_study);
  int left = 2;
  server.sent = [&](Bot::Event& event) {
    if (left > 0 && std::holds_alternative<Bot::Confirmed>(event)) {
      --left;
      event = Bot::Disconnected{"close code 1012"};
    }
    return true;
  };
  const BotResult result = walk(server, 3);
  EXPECT_EQ(left, 0);
  EXPECT_THAT(result.faults, ElementsAre(HasSubstr("got: close code 1012"), HasSubstr("got: close code 1012")));
  EXPECT_NE(result.outcome, "");
}

TEST_F(BotTest, EndsIfItCannotConnect) {
  PlayedServer server(m_study);
  server.sent = [](Bot::Event& event) {
    event = Bot::Disconnected{"refused"};
    return true;
  };
  EXPECT_THAT(walk(server, 1).faults, ElementsAre("start: expected a connection, got: refused"));
}

TEST_F(BotTest, NamesTasksThatNoBotCanEnd) {
  EXPECT_THAT(m_bot_study.dead_ends(), IsEmpty());
  Study study = bot_study();
  study.tasks[3].duration = untimed;
  study.tasks[3].give_up_after.reset();
  study.tasks[3].place = "study.yaml:5:3";
  EXPECT_THAT(BotStudy(study).dead_ends(), ElementsAre(StartsWith("study.yaml:5:3: expected a \"solution\"")));
}

}  // namespace
}  // namespace tellina::testing
