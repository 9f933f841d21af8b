#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

/// What is typed while the terminal shows that a program reads a secret, with real ptys.
class MaskingTest : public SessionTest {
 protected:
  MaskingTest() {
    environment.masks_secrets = true;
    backend.has_ptys = true;
  }
  /// A program reads a line without echo.
  void read_secret() const { backend.shell().set_modes(false, true); }
  /// The shell reads keys.
  void read_keys() const { backend.shell().set_modes(false, false); }
  void expect_input(const std::string& text) {
    expect_stored("SELECT group_concat(bytes, '') FROM (SELECT bytes FROM input_bytes ORDER BY stream_offset)", text);
  }
  std::string masks() {
    return stored("SELECT group_concat(from_offset || '-' || to_offset, ' ') FROM (SELECT * FROM masked_input)");
  }
  std::string read_by_shell(std::size_t size) {
    std::string read;
    EXPECT_TRUE(wait([&] { return (read += backend.shell().typed()).size() >= size; })) << read;
    return read;
  }
  /// The owner of the session dies, and the next one adopts its shell or starts a sandbox.
  void take_over(bool adopts) {
    store->run([](StoreTransaction&) {});
    session->abandon();
    session.reset();
    loop.run_until_idle();
    backend.can_adopt = adopts;
    port = KeepingPort();
    open();
  }
  std::string events() { return stored("SELECT count(*) FROM event_log WHERE kind = 'masking_unavailable'"); }
};

TEST_F(MaskingTest, TheProgramGetsTheSecretAndTheRecordGetsStars) {
  begin_task();
  type(0, "login\r");
  EXPECT_EQ(read_by_shell(6), "login\r");
  read_secret();
  type(6, "hun");
  type(9, "ter2\r");
  EXPECT_EQ(read_by_shell(8), "hunter2\n");
  read_keys();
  type(14, "ls\r");
  EXPECT_EQ(read_by_shell(3), "ls\n");
  expect_input("login\r********ls\r");
  EXPECT_EQ(masks(), "6-14");
  EXPECT_EQ(stored("SELECT participant_id || task_session_id FROM masked_input"),
            stored("SELECT participant_id || task_session_id FROM results"));
  EXPECT_EQ(stored("SELECT at = (SELECT at FROM input_bytes WHERE stream_offset = 6) FROM masked_input"), "1");
}

TEST_F(MaskingTest, OnlyALineWithoutEchoIsASecret) {
  begin_task();
  std::uint64_t offset = 0;
  for (const bool echoes : {false, true}) {
    for (const bool is_canonical : {false, true}) {
      backend.shell().set_modes(echoes, is_canonical);
      type(offset, "ab\r");
      offset += 3;
    }
  }
  expect_input("ab\r***ab\rab\r");
  EXPECT_EQ(masks(), "3-6");
}

TEST_F(MaskingTest, ARangeEndsWithItsLineUnlessMoreCameTogether) {
  begin_task();
  read_secret();
  type(0, "old\r");
  type(4, "new\rne");
  type(10, "w\r");
  expect_input("************");
  EXPECT_EQ(masks(), "0-4 4-12");
}

TEST_F(MaskingTest, KeepsWhatTheConfigurationKeeps) {
  environment.masks_secrets = false;
  begin_task();
  read_secret();
  type(0, "hunter2\r");
  expect_input("hunter2\r");
  EXPECT_EQ(masks(), "NULL");
}

TEST_F(MaskingTest, WithoutBytesThereIsNothingToMask) {
  environment.keeps_bytes = false;
  begin_task();
  read_secret();
  type(0, "hunter2\r");
  loop.advance(std::chrono::seconds(1));
  expect_stored("SELECT to_offset FROM gaps WHERE stream = 'input'", "8");
  EXPECT_EQ(masks(), "NULL");
}

TEST_F(MaskingTest, SaysOnceThatADescriptorIsNoTerminal) {
  backend.has_ptys = false;
  begin_task();
  type(0, "hun");
  type(3, "ter2\r");
  expect_input("hunter2\r");
  EXPECT_EQ(events(), "1");
  take_over(true);
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"input_offset":8})");
  type(8, "more");
  expect_input("hunter2\rmore");
  EXPECT_EQ(events(), "1");
}

TEST_F(MaskingTest, InputThatWaitsForAnAdoptedShellIsJudgedByIt) {
  begin_task();
  type(0, "login\r");
  expect_stored("SELECT input_handed_over FROM task_sessions", "6");
  read_secret();
  take_over(true);
  session->on_text(port, R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"input_offset":6})");
  session->on_data(port, data_frame(6, "hunter2\r"));
  EXPECT_EQ(read_by_shell(8), "hunter2\n");
  expect_input("login\r********");
  EXPECT_EQ(masks(), "6-14");
}

TEST_F(MaskingTest, TheRestOfASecretWhoseProgramIsLostIsMaskedToo) {
  begin_task();
  const auto welcome = port.last("welcome");
  const std::string stream(welcome.at("stream").as_string());
  const std::string sandbox(welcome.at("sandbox").as_string());
  read_secret();
  type(0, "hun");
  expect_stored("SELECT input_handed_over FROM task_sessions", "3");
  take_over(false);
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"input_offset":3,"stream":")" + stream +
      R"(","sandbox":")" + sandbox + "\"}");
  type(3, "ter2\r");
  expect_input("********");
  EXPECT_EQ(masks(), "0-3 3-8");
  EXPECT_EQ(stored("SELECT detail ->> 'bytes' FROM event_log WHERE kind = 'input_dropped'"), "5");
  EXPECT_EQ(backend.shell().typed(), "");
}

}  // namespace
}  // namespace tellina::testing
