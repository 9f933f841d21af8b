#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;

class RestartTest : public SessionTest {
 protected:
  RestartTest() {
    begin_task();
    type(0, "abc");
    EXPECT_TRUE(wait_for("input_ack"));
    stream = std::string(port.last("welcome")["stream"].as_string());
    seen = port.output_end;
  }
  void greet(std::uint64_t output_offset, std::uint64_t input_offset) {
    say("{\"type\":\"hello\",\"columns\":80,\"rows\":24,\"output_offset\":" + std::to_string(output_offset) +
        ",\"stream\":\"" + stream + "\",\"input_offset\":" + std::to_string(input_offset) + "}");
  }
  /// Returns the recorded end of the output.
  std::uint64_t die_and_be_followed() {
    loop.run_until_idle();
    store->run([](StoreTransaction&) {});
    session->abandon();
    session.reset();
    loop.run_until_idle();
    loop.virtual_clock().set(loop.clock().now() + seconds(5));
    const std::uint64_t end = std::stoull(stored("SELECT output_end FROM task_sessions"));
    store->run([&](StoreTransaction& t) { t.register_worker(identify_this_process("w2"), now()); });
    environment.worker = "w2";
    port = KeepingPort();
    open("w2");
    return end;
  }
  std::string gaps() {
    return stored("SELECT group_concat(stream || ' ' || from_offset || ' ' || to_offset) FROM gaps");
  }

  std::string stream;
  std::uint64_t seen = 0;
};

TEST_F(RestartTest, InOrderRecordsEverythingAndBeginsOnAnEmptyScreen) {
  restart();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  greet(seen, 5);
  const auto welcome = port.last("welcome");
  EXPECT_EQ(welcome.at("output_offset").to_number<std::uint64_t>(), seen);
  EXPECT_EQ(welcome.at("input_offset").to_number<int>(), 3) << "the page sends the later input again";
  type(3, "defg");
  EXPECT_EQ(backend.shell().typed(), "fg") << "the rest was typed at the old shell";
  EXPECT_TRUE(wait([&] { return port.output_end > seen; })) << "the new shell's prompt";
  EXPECT_EQ(port.output.substr(0, 2),
            "\x1b"
            "c");
  expect_stored("SELECT input_end FROM task_sessions", "7");
  EXPECT_EQ(gaps(), "NULL");
}

TEST_F(RestartTest, RecordedOutputThatWasNotShownIsNotAGap) {
  restart();
  greet(seen - 1, 3);
  EXPECT_EQ(port.last("welcome").at("output_offset").to_number<std::uint64_t>(), seen);
  EXPECT_EQ(gaps(), "NULL");
}

TEST_F(RestartTest, AnOwnerThatDiesAfterAnOrderlyOneLeavesAGap) {
  restart();
  greet(seen, 3);
  ASSERT_TRUE(wait([&] { return port.output_end > seen; }));
  const std::uint64_t end = die_and_be_followed();
  expect_stored("SELECT stream || ' ' || from_offset || ' ' || to_offset FROM gaps",
                "output " + std::to_string(end) + " " + std::to_string(end + 1024 * 1024));
}

TEST_F(RestartTest, ARunningTaskKeepsItsInitialDuration) {
  auto longer = std::make_shared<Study>(*environment.study);
  longer->task_duration = std::chrono::seconds(600);
  environment.study = longer;
  restart();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  greet(seen, 3);
  EXPECT_EQ(port.last("welcome")["state"].as_object()["task"].as_object()["duration_in_seconds"].to_number<int>(), 60);
  loop.advance(std::chrono::seconds(61));
  expect_stored("SELECT state || ' ' || duration_in_seconds || ' ' || bytes_recorded FROM results", "timed_out 60.0 1");
  ASSERT_TRUE(wait([&] { return port.count("state") > 0 && state() == "ready"; }));
  start_task(2);
  expect_stored("SELECT duration_in_seconds FROM results WHERE task_number = 2", "600.0");
}

TEST_F(RestartTest, InputOfADeadOwnerStaysUncertainUntilAPageConnects) {
  die_and_be_followed();
  restart("w2");
  greet(seen, 5);
  EXPECT_EQ(port.last("welcome").at("input_offset").to_number<int>(), 5) << "never typed again";
  expect_stored("SELECT from_offset || ' ' || to_offset FROM gaps WHERE stream = 'input'", "3 5");
}

}  // namespace
}  // namespace tellina::testing
