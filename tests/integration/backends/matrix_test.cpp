#include <algorithm>
#include <csignal>
#include <future>
#include <map>
#include <regex>

#include "backends.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// Long enough that no participant runs out of time because of a busy machine.
constexpr std::chrono::seconds task_duration(is_sanitized ? 40 : 15);

/// The content of a study's database, except times and ids.
class Record {
 public:
  explicit Record(const StudyDatabase& database);

  Rows results;
  Rows commands;
  Rows gaps;
  /// By participant, task and name: every typed byte, and every shown byte until the last command ended. Whether the
  /// next prompt is recorded after the command that passes the task is a matter of milliseconds.
  std::map<std::string, std::string> streams;
};

Record::Record(const StudyDatabase& database)
    : results(database.rows("SELECT access_code, task_number, task_type, state, attempt FROM results "
                            "ORDER BY access_code, task_number")),
      commands(database.rows("SELECT access_code, task_number, command_number, text, cwd, exit_status, output "
                             "FROM commands ORDER BY access_code, task_number, command_number")),
      gaps(database.rows("SELECT access_code, task_number, stream, from_offset, to_offset, reason FROM gaps")) {
  // A mark's nonce and its shell differ from run to run.
  static const std::regex nonce("(nonce|shell)=[0-9A-Za-z_.-]+");
  for (const auto& row : results) {
    const std::string of = row[0] + " " + row[1];
    const std::string output = database.stream("output", row[0], std::stoi(row[1]));
    streams[of + " input"] = database.stream("input", row[0], std::stoi(row[1]));
    streams[of + " output"] = std::regex_replace(output.substr(0, output.rfind("\x1b]133;D")), nonce, "$1=");
  }
}

bool operator==(const Record& one, const Record& other) {
  return one.results == other.results && one.commands == other.commands && one.gaps == other.gaps &&
         one.streams == other.streams;
}

std::ostream& operator<<(std::ostream& out, const Record& record) {
  for (const auto& [name, bytes] : record.streams) out << name << ": " << boost::json::string(bytes) << '\n';
  return out << ::testing::PrintToString(record.results) << '\n'
             << ::testing::PrintToString(record.commands) << '\n'
             << ::testing::PrintToString(record.gaps);
}

/// Bob looks around, refreshes the page, resets, and passes both tasks.
void pass_both_tasks(std::uint16_t port) {
  TestClient first = TestClient::of(port, "bob");
  first.connect();
  first.start_task(1);
  first.expect_prompt();
  first.run("cat ignore_me.txt");
  first.expect_all_acknowledged();
  first.cut();

  // The page after a refresh has no state of the previous one.
  TestClient bob(port, first.cookie());
  bob.connect();
  bob.expect("\x1b]133;D");
  bob.expect_prompt();
  EXPECT_EQ(bob.output(), first.output());
  bob.send_json(R"({"type": "reset", "id": "r"})");
  bob.wait_for_answer("done", "r");
  bob.expect_prompt();
  bob.type("echo hello world\r");
  bob.wait_for("state",
               [](const auto& message) { return text_of(message.at("state").as_object(), "state") == "ready"; });
  bob.start_task(2);
  bob.expect_prompt();
  bob.type("touch dir1/dir2/hello.txt\r");
  bob.wait_for("state",
               [](const auto& message) { return text_of(message.at("state").as_object(), "state") == "finished"; });
}

/// Alice does nothing until her time runs out.
void run_out_of_time(TestClient& alice) {
  const auto is_over = [&] { return alice.state() != "running"; };
  EXPECT_TRUE(alice.wait_until(is_over, task_duration + default_limit)) << "the task did not end";
  EXPECT_EQ(alice.state(), "ready");
}

Record do_the_study(const Combination& combination) {
  const TemporaryFolder folder;
  const Backends backends(combination, folder.path());
  StudyConfig config;
  config.task_duration_in_seconds = task_duration.count();
  config.more = backends.members();
  write_text(folder.path() / "config.json", config.text());
  ServerProcess server(program_file(), folder.path());
  const std::string trace = combination.name() + "; the server said:\n";
  try {
    TestClient alice = TestClient::of(server.port(), "alice");
    alice.connect();
    alice.start_task(1);
    alice.expect_prompt();
    alice.run("ls");
    pass_both_tasks(server.port());
    run_out_of_time(alice);
  } catch (const std::exception& error) {
    throw std::runtime_error(error.what() + ("\n" + trace) + server.errors());
  }
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(std::chrono::seconds(10)), 0) << trace << server.errors();
  return Record(StudyDatabase(folder.path() / "db.sqlite3"));
}

/// The combinations run in parallel where they only wait: for shells to start, and for the time to run out.
TEST(Matrix, OneStudyLeavesTheSameRecordOverAllTwelveCombinations) {
  engine();
  std::vector<std::pair<Combination, Record>> records;
  for (const char* layer : {"memory", "ipc", "redis"}) {
    std::vector<Combination> combinations;
    std::vector<std::future<Record>> studies;
    for (const char* ordering : {"strict", "slight"}) {
      for (const char* sandbox : {"chroot", "docker"}) combinations.emplace_back(layer, ordering, sandbox);
    }
    for (const Combination& combination : combinations) {
      studies.push_back(std::async(std::launch::async, do_the_study, combination));
    }
    for (std::size_t i = 0; i < studies.size(); ++i) records.emplace_back(combinations[i], studies[i].get());
  }

  ASSERT_EQ(records.size(), 12U);
  const Record& expected = records.front().second;
  EXPECT_EQ(expected.results, (Rows{{"alice", "1", "stdout", "timed_out", "1"},
                                    {"bob", "1", "stdout", "passed", "1"},
                                    {"bob", "2", "filesystem", "passed", "1"}}));
  EXPECT_EQ(expected.commands, (Rows{{"alice", "1", "1", "ls", "/home/me", "0", "ignore_me.txt\n"},
                                     {"bob", "1", "1", "cat ignore_me.txt", "/home/me", "0", ""},
                                     {"bob", "1", "2", "echo hello world", "/home/me", "0", "hello world\n"},
                                     {"bob", "2", "1", "touch dir1/dir2/hello.txt", "/home/me", "0", ""}}));
  EXPECT_EQ(expected.gaps, Rows());
  EXPECT_EQ(expected.streams.at("bob 1 input"), "cat ignore_me.txt\recho hello world\r");
  for (const auto& [combination, record] : records) {
    EXPECT_TRUE(record == expected) << combination.name() << " left\n"
                                    << record << "\nand " << records.front().first.name() << "\n"
                                    << expected;
  }
  EXPECT_EQ(engine().leftovers(), std::vector<std::string>());
}

}  // namespace
}  // namespace tellina::testing
