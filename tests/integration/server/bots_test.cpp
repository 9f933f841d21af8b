/// `tellina bots` against real servers: it walks the example of a crossover, and many of its bots at once get the
/// groups that the study's pure code predicts.

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <map>

#include "host/config/load_host_config.hpp"
#include "host/plugins/registry.hpp"
#include "host/study/simulated_stage.hpp"
#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;
namespace json = boost::json;

class Bots : public ServerTest {
 protected:
  /// Runs `tellina bots` in folder(). Returns its exit status.
  int send_bots(const std::vector<std::string>& words) {
    std::vector<std::string> all{"bots"};
    all.insert(all.end(), words.begin(), words.end());
    ChildProcess child(program_file(), all, folder(), "bots");
    const std::optional<int> status = child.wait(std::chrono::seconds(150));
    output = child.output();
    errors = child.errors();
    return status.value_or(-1);
  }

  /// The first column.
  std::vector<std::string> column(const std::string& sql) const {
    std::vector<std::string> values;
    for (const auto& row : database().rows(sql)) values.push_back(row.at(0));
    return values;
  }

  /// What `tellina plan` prints.
  std::string planned(std::vector<std::string> words = {}) {
    words.insert(words.begin(), "plan");
    ChildProcess child(program_file(), words, folder(), "plan");
    child.wait(std::chrono::seconds(30));
    return child.output() + child.errors();
  }

  fs::path database_file() const override { return folder() / file; }

  std::string file = "db.sqlite3";
  std::string output;
  std::string errors;
};

TEST_F(Bots, WalkTheCrossoverInAllGroups) {
  file = "bots.sqlite3";
  fs::copy(fs::path(source_folder()) / "docs/examples/crossover", folder(), fs::copy_options::recursive);
  ASSERT_EQ(send_bots({"8", "--database", file, "--seed", "1", "--speed", "100", "--json"}), 0) << output << errors;

  const json::object report = json::parse(output).as_object();
  EXPECT_EQ(report.at("faults"), 0);
  EXPECT_EQ(report.at("outcomes"), json::parse(R"({"completed": 8})"));
  EXPECT_EQ(report.at("groups"), json::parse(R"({"1": 2, "2": 2, "3": 2, "4": 2})"));
  const json::object& tasks = report.at("tasks").as_object();
  const auto gave_up = tasks.at("gave_up").to_number<int>();
  EXPECT_GT(gave_up, 0) << "this seed has a bot that gives up";
  EXPECT_EQ(tasks.at("passed").to_number<int>(), 8 * 4 - gave_up);
  EXPECT_EQ(tasks.size(), 2U);

  EXPECT_THAT(column("SELECT is_bot || ' ' || stage || ' ' || outcome FROM people"), Each("1 main completed"));
  EXPECT_THAT(column("SELECT group_name || ' ' || count(*) FROM people GROUP BY group_name"),
              ElementsAre("1 2", "2 2", "3 2", "4 2"));
  EXPECT_THAT(column("SELECT participant_id || ' ' || position FROM steps GROUP BY participant_id, position "
                     "HAVING count(*) <> 1 OR max(done_at) IS NULL"),
              IsEmpty())
      << "every step is left once";
  EXPECT_THAT(column("SELECT participant_id FROM schedule WHERE NOT reached"), IsEmpty());
  EXPECT_THAT(column("SELECT participant_id FROM results WHERE NOT is_practice GROUP BY 1 HAVING count(*) <> 4"),
              IsEmpty());
  const std::string passed = std::to_string(8 * 4 - gave_up);
  EXPECT_THAT(column("SELECT count(*) FROM results WHERE NOT is_practice AND state = 'passed'"), ElementsAre(passed));
  EXPECT_THAT(column("SELECT count(*) FROM answers WHERE value IS NULL"), ElementsAre("0"));
}

TEST_F(Bots, ReportWhatIsNotAsTheStudyMeans) {
  StudyConfig config;
  config.access_codes = {"a-person"};
  config.more = R"("sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true}, )";
  config.tasks = R"([{"id": "typo", "type": "stdout", "description": "d", "answer": "red", "solution": ["echo rad"],
                      "give_up": false, "hand_in": "button"}])";
  configure(config);
  file = "bots.sqlite3";
  ASSERT_EQ(send_bots({"1", "--database", file, "--speed", "1000"}), 1) << output << errors;
  EXPECT_THAT(output, HasSubstr("FAULT P001 typo: expected that the task ends as passed, got failed"));
  EXPECT_THAT(column("SELECT is_bot FROM people"), ElementsAre("1")) << "nobody but the bot is in its database";

  config.tasks = R"([{"id": "endless", "type": "stdout", "description": "d", "answer": "red",
                      "give_up": false, "duration_in_seconds": null}])";
  configure(config);
  EXPECT_EQ(send_bots({"1", "--database", "other.sqlite3"}), 2);
  EXPECT_THAT(errors,
              HasSubstr("config.json:4:13: expected a \"solution\", a duration or \"give_up\" in task \"endless\""));
  EXPECT_FALSE(fs::exists(folder() / "other.sqlite3"));
}

/// A study of pages, in which bots come and leave within seconds, on a server whose clock the test moves.
class ManyBots : public Bots {
 protected:
  static constexpr auto between_waves = std::chrono::hours(3);

  void start_study(const std::string& assignment) {
    StudyConfig config;
    config.access_codes = {"a-person"};
    config.more = R"("sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true, "pool": 0}, "workers": 4,
      "channel_layer": {"plugin": "ipc", "directory": ")" +
                  (folder() / "meet").string() + R"("},
      "blocks": {"I": {"tasks": ["red"]}, "II": {"tasks": ["blue"]}}, "treatments": {"A": {"title": "A"}, "B": {"title": "B"}},
      "flow": [{"page": "Read."}, {"periods": [{"page": "{treatment}"}, {"page": "More."}]}],
      "assignment": {"groups": {"crossover": {"blocks": ["I", "II"], "treatments": ["A", "B"]}}, "seed": 11)" +
                  assignment + "}, ";
    config.tasks = R"([{"id": "red", "type": "stdout", "description": "d", "answer": "red"},
                       {"id": "blue", "type": "stdout", "description": "d", "answer": "blue"}])";
    set_clock(std::chrono::seconds(0));
    // A sanitizer's runtime wants to be the first library.
    start_limited("export ASAN_OPTIONS=\"$ASAN_OPTIONS:verify_asan_link_order=0\" LD_PRELOAD=" + build_folder() +
                      "/tests/faults/libwall_clock.so TELLINA_WALL_CLOCK=" + clock_file().string(),
                  config);
    const PluginRegistry registry({plugin_folder()});
    study = load_host_config((folder() / "config.json").string(), registry).study;
  }

  fs::path clock_file() const { return folder() / "clock"; }
  void set_clock(std::chrono::seconds ahead) {
    const std::int64_t seconds = ahead.count();
    // The server has mapped the file, so this overwrites it in place.
    const Descriptor descriptor(::open(clock_file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::pwrite(descriptor.get(), &seconds, sizeof seconds, 0), ssize_t{sizeof seconds});
  }

  /// Sends bots who all come at once; those who dropped out in earlier waves have lost their places.
  void send_wave(int count, double dropout) {
    set_clock(between_waves * m_waves++);
    ASSERT_EQ(send_bots({std::to_string(count), "--url", "http://127.0.0.1:" + std::to_string(server().port()),
                         "--database", file, "--seed", std::to_string(m_waves), "--speed", "1000", "--dropout",
                         std::to_string(dropout), "--json"}),
              0)
        << output << errors;
    const json::object report = json::parse(output).as_object();
    for (const json::value& bot : report.at("bots").as_array()) {
      wave_of[json::value_to<std::string>(bot.at("participant_id"))] = m_waves - 1;
    }
  }

  /// Compares the record with what the study's pure code says of the same arrivals and dropouts.
  void expect_predicted_groups() {
    const ChooseGroup choose = choose_group;
    SimulatedStage stage(study->design, "main", choose);
    int arrivals = 0;
    for (const auto& row :
         database().rows("SELECT label, arrival_number, group_name, order_row, outcome = 'completed' "
                         "FROM participants WHERE arrival_number IS NOT NULL ORDER BY arrival_number")) {
      EXPECT_EQ(row[1], std::to_string(++arrivals)) << "nobody has the same number";
      const auto now = between_waves * wave_of.at(row[0]);
      const auto choice = stage.arrive(now);
      ASSERT_TRUE(choice);
      EXPECT_EQ(row[2] + " " + row[3], choice->group + " " + std::to_string(choice->order_row))
          << "arrival " << arrivals;
      stage.admit({*choice, now + std::chrono::minutes(1), row[4] != "1"});
    }
    EXPECT_GT(arrivals, 0);
  }

  std::shared_ptr<const Study> study;
  std::map<std::string, int> wave_of;  ///< by participant id

 private:
  int m_waves = 0;
};

struct Method {
  const char* name;
  const char* assignment;
};

class Assignment : public ManyBots, public ::testing::WithParamInterface<Method> {};

TEST_P(Assignment, GivesTheGroupsThatThePlanPredicts) {
  start_study(GetParam().assignment);
  for (int wave = 0; wave < 3; ++wave) send_wave(20, 0.2);
  ASSERT_THAT(wave_of, SizeIs(60));
  expect_predicted_groups();
  // Dropouts of the first steps have no group.
  EXPECT_THAT(column("SELECT count(*) FROM people WHERE group_name IS NULL AND outcome IS NOT NULL"), ElementsAre("0"));
  const int left = std::stoi(column("SELECT count(*) FROM people WHERE outcome IS NULL").at(0));
  EXPECT_GT(left, 5);
  EXPECT_LT(left, 20);
}

INSTANTIATE_TEST_SUITE_P(Methods, Assignment,
                         ::testing::Values(Method{"least_filled", ""},
                                           Method{"permuted_blocks",
                                                  R"(, "method": "permuted_blocks", "block_size": 8)"},
                                           Method{"in_turn", R"(, "method": "in_turn")"}),
                         [](const auto& method) { return std::string(method.param.name); });

TEST_F(ManyBots, FillEveryGroupToItsTargetAlthoughSomeDropOut) {
  start_study(R"(, "target_per_group": 12)");
  const auto completed = [&] {
    return std::stoi(column("SELECT count(*) FROM people WHERE outcome = 'completed'").at(0));
  };
  int sent = 0;
  while (completed() < 48 && sent < 100) {
    const int missing = 48 - completed();
    send_wave(missing, 0.2);
    sent += missing;
  }
  EXPECT_THAT(
      column("SELECT group_name || ' ' || count(*) FROM people WHERE outcome = 'completed' GROUP BY group_name"),
      ElementsAre("1 12", "2 12", "3 12", "4 12"));
  EXPECT_NEAR(sent, 60, 6);
  expect_predicted_groups();
  EXPECT_THAT(planned(), HasSubstr("1      I   A     II  B     0          0          12\n")) << "bots are not counted";
  // The study is full.
  send_wave(4, 0);
  EXPECT_THAT(column("SELECT count(*) FROM people WHERE outcome = 'full'"), ElementsAre("4"));
  EXPECT_EQ(completed(), 48);
}

TEST_F(ManyBots, WhoArriveAtOnceTakeDifferentPlaces) {
  start_study(R"(, "target_per_group": 5)");
  send_wave(40, 0);
  EXPECT_THAT(column("SELECT outcome || ' ' || count(*) FROM people WHERE is_bot GROUP BY outcome"),
              ElementsAre("completed 20", "full 20"));
  std::vector<std::string> places;
  for (const char* const group : {"1", "2", "3", "4"}) {
    for (int row = 0; row < 5; ++row) places.push_back(std::string(group) + " " + std::to_string(row));
  }
  EXPECT_EQ(column("SELECT group_name || ' ' || order_row FROM participants WHERE group_name IS NOT NULL "
                   "ORDER BY group_name, order_row"),
            places);
}

TEST_F(ManyBots, LeaveThePlacesOfPeopleAlone) {
  start_study(R"(, "target_per_group": 1)");
  send_wave(5, 0);
  TestClient person = join("a-person");
  person.send_json(R"({"type": "step_done", "id": 1, "step": "page-1"})");
  ASSERT_TRUE(person.wait_until([&] {
    const json::object state = person.state_object();
    return state.at("state") == "step" && state.at("step").at("id") == "page-2.1";
  })) << "the study is not full for people";
  EXPECT_THAT(column("SELECT arrival_number FROM participants WHERE access_code = 'a-person'"), ElementsAre("1"));
  EXPECT_EQ(column("SELECT group_name FROM participants WHERE access_code = 'a-person'"),
            column("SELECT group_name FROM participants WHERE is_bot AND arrival_number = 1"))
      << "the first person gets what the first bot has got";
  EXPECT_THAT(planned(), HasSubstr(" 0          1          1\n"));
  EXPECT_THAT(planned({"--csv"}), HasSubstr(",target,completed,under_way\r\n"));
  EXPECT_THAT(planned({"--csv"}), HasSubstr(",1,0,1\r\n"));
  EXPECT_THAT(planned({"--json"}), HasSubstr(R"("completed":0,"under_way":1)"));
  EXPECT_THAT(planned({"--database", "none.sqlite3"}), HasSubstr("expected the database of a study, got"));
}

}  // namespace
}  // namespace tellina::testing
