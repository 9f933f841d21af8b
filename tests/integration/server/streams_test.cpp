#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Streams : public ServerTest {
 protected:
  void SetUp() override { start(StudyConfig()); }
  std::uint64_t recorded_output() const {
    return std::stoull(database().value("SELECT coalesce(sum(length(bytes)), 0) FROM output_bytes"));
  }
};

TEST_F(Streams, ASecondConnectionGetsExactlyTheMissingOutput) {
  TestClient bob = join_task();
  bob.type("for i in {1..200}; do echo line $i; sleep 0.01; done\r");
  bob.expect("line 20\r\n");
  for (const std::string until : {"line 60\r\n", "line 120\r\n"}) {
    const std::uint64_t had = bob.output_end();
    bob.cut();
    const auto welcome = bob.connect();
    EXPECT_EQ(number_of(welcome, "output_offset"), had);
    EXPECT_EQ(text_of(welcome, "stream"), bob.stream());
    bob.expect(until);
  }
  bob.expect("line 200\r\n");
  bob.expect_prompt();
  bob.expect_all_acknowledged();
  expect_recorded(bob);
  EXPECT_EQ(database().value("SELECT count(*) FROM gaps"), "0");
}

TEST_F(Streams, InputTypedWhileDisconnectedIsSentOnce) {
  TestClient bob = join_task();
  for (int round = 0; round < 5; ++round) {
    bob.type("echo round " + std::to_string(round) + "\r");
    bob.pump(Milliseconds(0));
    bob.cut();
    bob.type("echo away " + std::to_string(round) + "\r");
    bob.connect();
    bob.expect("\aaway " + std::to_string(round) + "\r\n");
  }
  bob.expect_prompt();
  bob.expect_all_acknowledged();
  expect_recorded(bob);
  EXPECT_TRUE(bob.wait_until([&] { return database().value("SELECT count(*) FROM commands") == "10"; }));
}

TEST_F(Streams, ANewPageGetsTheReplayByteForByte) {
  TestClient bob = join_task();
  bob.run("seq 1 5000");
  bob.run("printf '\\033[1mbold\\033[0m \\xff\\xfe\\n'");
  bob.expect_all_acknowledged();
  TestClient fresh(server().port(), bob.cookie());
  const auto welcome = fresh.connect();
  EXPECT_EQ(number_of(welcome, "output_offset"), 0U);
  EXPECT_EQ(number_of(welcome, "input_offset"), bob.input_end());
  ASSERT_TRUE(bob.wait_until([&] { return !bob.is_open(); }));
  EXPECT_EQ(number_of(welcome, "answered_offset"), bob.output_end());
  ASSERT_TRUE(fresh.wait_until([&] { return fresh.output_end() >= bob.output_end(); }));
  EXPECT_TRUE(fresh.output().starts_with(bob.output()));
  // The resize that makes programs redraw may have made the shell print a little more.
  EXPECT_TRUE(fresh.wait_until([&] { return database().stream("output", "bob", 1) == fresh.output(); }));
}

TEST_F(Streams, AReplayThatTheBufferCutShortStartsAfterANewline) {
  TestClient bob = join_task();
  bob.type("yes abcdefg | head -c 3145728\r");
  bob.expect_all_acknowledged();
  bob.cut();
  ASSERT_TRUE(bob.wait_until([&] { return database().value("SELECT count(*) FROM commands") == "1"; },
                             std::chrono::seconds(30)));

  TestClient fresh(server().port(), bob.cookie());
  const std::uint64_t from = number_of(fresh.connect(), "output_offset");
  fresh.expect_prompt();
  fresh.run("echo end of it");
  // The resize that makes programs redraw may make the shell print a little more at any time.
  const std::string seen = fresh.output();
  settle(fresh);
  const std::string recorded = database().stream("output", "bob", 1);
  ASSERT_GT(recorded.size(), 3U * 1024 * 1024);
  EXPECT_GT(from, recorded.size() - 2 * 1024 * 1024 - 4096);
  EXPECT_EQ(recorded[from - 1], '\n');
  EXPECT_TRUE(recorded.substr(from, seen.size()) == seen);
}

TEST_F(Streams, TheNewestTabWinsAndTheOlderIsClosedAndIgnored) {
  TestClient older = join_task();
  TestClient newer(server().port(), older.cookie());
  const auto welcome = newer.connect();
  EXPECT_EQ(text_of(welcome, "stream"), older.stream());
  older.type("echo from the older\r");
  older.send_json(R"({"type": "give_up", "id": "late"})");
  older.wait_for("replaced");
  EXPECT_EQ(older.wait_closed(), 4001);

  newer.run("echo from the newer");
  newer.expect_all_acknowledged();
  EXPECT_EQ(newer.state(), "running");
  EXPECT_THAT(database().stream("input", "bob", 1), Not(HasSubstr("older")));
  EXPECT_THAT(newer.output(), Not(HasSubstr("older")));
}

TEST_F(Streams, AClientThatDoesNotAcknowledgeGets256KiBAndThenThePtyStops) {
  constexpr std::uint64_t window = 256 * 1024;
  TestClient bob = join_task();
  bob.acknowledge_by_itself(false);
  const std::uint64_t acknowledged = bob.output_end();
  bob.acknowledge(acknowledged);
  bob.type("yes\r");
  ASSERT_TRUE(bob.wait_until([&] { return bob.output_end() == acknowledged + window; }))
      << bob.output_end() - acknowledged;
  // Output that the server had already read when the window became full is recorded, and nothing after it.
  bob.wait_until([] { return false; }, Milliseconds(500));
  const std::uint64_t recorded = recorded_output();
  bob.wait_until([] { return false; }, std::chrono::seconds(1));
  EXPECT_EQ(bob.output_end(), acknowledged + window);
  EXPECT_EQ(recorded_output(), recorded);
  EXPECT_LT(recorded, acknowledged + 2 * window);

  const std::uint64_t middle = acknowledged + window / 2;
  bob.acknowledge(middle);
  ASSERT_TRUE(bob.wait_until([&] { return bob.output_end() == middle + window; })) << bob.output_end() - middle;
  bob.acknowledge_by_itself(true);
  bob.acknowledge(bob.output_end());
  bob.type("\x03");
  bob.expect("\x1b]133;D;130");
  bob.expect_prompt();
  bob.expect_all_acknowledged();
  expect_recorded(bob);
}

TEST_F(Streams, AFloodOfInputThatNobodyReadsStopsAtItsOwnSocket) {
  TestClient alice = join_task("alice");
  TestClient bob = join_task();
  bob.type("stty raw -echo; echo begin; sleep 100\r");
  bob.expect("\x1b]133;C");
  bob.expect("\n");
  const std::size_t before = server().resident_kib();
  const std::string flood(32UL * 1024 * 1024, 'x');
  const std::uint64_t begin = bob.input_end();
  bob.type(flood);

  std::size_t unsent = 0;
  const auto has_stopped = [&] {
    const bool same = bob.unsent() == unsent;
    unsent = bob.unsent();
    return same;
  };
  do {
    bob.wait_until([] { return false; }, std::chrono::seconds(1));
  } while (!has_stopped());
  EXPECT_GT(unsent, 0U) << "the server still reads although nobody takes the input";
  EXPECT_LE(bob.acknowledged_input(), begin + 64 * 1024);
  alice.run("echo unaffected", std::chrono::seconds(2));
  const std::size_t bound = (is_sanitized ? 64 : 16) * 1024;
  EXPECT_LT(server().resident_kib(), before + bound);
  EXPECT_LE(database().stream("input", "bob", 1).size(), begin + 3 * 64 * 1024);

  TestClient again(server().port(), bob.cookie());
  again.connect();
  again.send_json(R"({"type": "give_up", "id": "enough"})");
  again.wait_for_answer("done", "enough");
}

}  // namespace
}  // namespace tellina::testing
