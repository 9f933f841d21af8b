// What happens to input that was typed into a sandbox that is gone.
#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;

/// A page that names its sandbox, in a task in which "vim" has been typed and acknowledged.
class SandboxExchangeTest : public SessionTest {
 protected:
  SandboxExchangeTest() {
    open();
    say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"sandbox":""})");
    start_task(1);
    type(0, "vim");
    EXPECT_TRUE(wait_for("input_ack"));
    stream = std::string(port.last("welcome")["stream"].as_string());
    sandbox = std::string(port.last("welcome")["sandbox"].as_string());
    seen = port.output_end;
  }
  void greet(std::uint64_t input_offset) {
    say("{\"type\":\"hello\",\"columns\":80,\"rows\":24,\"output_offset\":" +
        std::to_string(std::max(seen, port.output_end)) + ",\"stream\":\"" + stream +
        "\",\"input_offset\":" + std::to_string(input_offset) + ",\"sandbox\":\"" + sandbox + "\"}");
  }
  void see(const std::string& name, std::uint64_t input_offset) {
    say("{\"type\":\"sandbox_seen\",\"sandbox\":\"" + name + "\",\"input_offset\":" + std::to_string(input_offset) +
        "}");
  }
  std::string named_by(const std::string& type) {
    const auto message = port.last(type);
    return message.contains("sandbox") ? std::string(message.at("sandbox").as_string()) : "";
  }
  /// The shell ends and cannot be restarted in its sandbox.
  void break_sandbox() {
    loop.advance(seconds(2));
    backend.shell().fails_to_restart = true;
    backend.shell().exit();
    ASSERT_TRUE(wait_for("sandbox_replaced"));
  }
  /// A hello of a client that names no sandbox.
  void greet_without_sandbox(std::uint64_t input_offset) {
    say("{\"type\":\"hello\",\"columns\":80,\"rows\":24,\"output_offset\":" +
        std::to_string(std::max(seen, port.output_end)) + ",\"stream\":\"" + stream +
        "\",\"input_offset\":" + std::to_string(input_offset) + "}");
  }
  /// The connection breaks, and the page connects again.
  void reconnect() {
    session->detach(port, "gone");
    port.forget();
    session->attach(port);
  }
  /// The store may commit the input in parts, and acknowledgements are 250 ms apart.
  bool is_acknowledged(int end) {
    return wait([&] {
      if (port.count("input_ack") > 0 && port.last("input_ack")["input_offset"] == end) return true;
      loop.advance(std::chrono::milliseconds(250));
      return false;
    });
  }
  std::string dropped() {
    return stored("SELECT group_concat(detail, ' ') FROM event_log WHERE kind = 'input_dropped'");
  }
  static std::string note(int from, int bytes) {
    return "{\"from_offset\":" + std::to_string(from) + ",\"bytes\":" + std::to_string(bytes) +
           ",\"reason\":\"sandbox_replaced\"}";
  }

  std::string stream;
  std::string sandbox;
  std::uint64_t seen = 0;
};

TEST_F(SandboxExchangeTest, AfterAnOrderlyRestartInputForTheOldShellIsRecordedAcknowledgedAndDropped) {
  restart();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  greet(3);
  const std::string fresh = named_by("welcome");
  EXPECT_NE(fresh, sandbox);
  type(3, "rm x\r");
  see(fresh, 8);
  type(8, "ls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  EXPECT_TRUE(is_acknowledged(11));
  EXPECT_EQ(port.credited, 8U);
  expect_stored("SELECT input_end FROM task_sessions", "11");
  EXPECT_EQ(dropped(), note(3, 5));
}

TEST_F(SandboxExchangeTest, InputBelowTheConfirmedOffsetStillBelongsToTheOldSandbox) {
  restart();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  greet(3);
  // A policy may let it overtake earlier input.
  see(named_by("welcome"), 8);
  type(3, "rm x\rls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  expect_stored("SELECT count(*) FROM event_log WHERE kind = 'input_dropped'", "1");
  EXPECT_EQ(dropped(), note(3, 5));
}

TEST_F(SandboxExchangeTest, InputDuringTheStartOfTheNewSandboxIsDroppedToo) {
  restart();
  greet(3);
  EXPECT_EQ(named_by("welcome"), sandbox) << "the old sandbox may still be adopted";
  session->on_data(port, data_frame(3, "rm x\r"));
  ASSERT_TRUE(wait_for("sandbox_replaced"));
  see(named_by("sandbox_replaced"), 8);
  type(8, "ls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  EXPECT_TRUE(is_acknowledged(11));
  EXPECT_TRUE(wait([&] { return dropped() == note(3, 5); })) << dropped();
}

TEST_F(SandboxExchangeTest, ABrokenSandboxLosesInputInFlight) {
  break_sandbox();
  EXPECT_NE(named_by("sandbox_replaced"), sandbox);
  type(3, "rm x\r");
  EXPECT_EQ(backend.shell().typed(), "") << "the page has not confirmed that it sees the new sandbox";
  see(sandbox, 3);
  type(8, "y");
  EXPECT_EQ(backend.shell().typed(), "") << "the confirmation was for another sandbox";
  see(named_by("sandbox_replaced"), 9);
  type(9, "ls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  EXPECT_TRUE(wait([&] { return dropped() == note(3, 5) + " " + note(8, 1); })) << dropped();
}

TEST_F(SandboxExchangeTest, AResetNeedsNoConfirmation) {
  say(R"({"type":"reset","id":1})");
  ASSERT_TRUE(wait_for("done"));
  EXPECT_NE(named_by("done"), sandbox);
  EXPECT_EQ(port.count("sandbox_replaced"), 0);
  type(3, "ls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  say(R"({"type":"reset","id":1})");
  EXPECT_EQ(port.count("done"), 2);
  sandbox = named_by("done");
  greet(6);
  type(6, "x");
  EXPECT_EQ(backend.shell().typed(), "x");
}

TEST_F(SandboxExchangeTest, ANewlyOpenedPageTypesIntoTheCurrentSandbox) {
  restart();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"sandbox":""})");
  type(3, "ls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
}

TEST_F(SandboxExchangeTest, APageThatReconnectsToTheSameSandboxContinues) {
  greet(3);
  type(3, "x");
  EXPECT_EQ(backend.shell().typed(), "vimx");
  EXPECT_EQ(dropped(), "NULL");
}

TEST_F(SandboxExchangeTest, AClientThatNamesNoSandboxLosesOnlyTheInputThatItHadSent) {
  restart();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  greet_without_sandbox(5);
  type(3, "rmls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  greet_without_sandbox(9);
  type(8, "x");
  EXPECT_EQ(backend.shell().typed(), "x") << "it has seen the new shell by then";
}

TEST_F(SandboxExchangeTest, ASecondFailureBeforeTheInputArrivesLetsNoneOfItThrough) {
  restart();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  greet(3);
  sandbox = named_by("welcome");
  see(sandbox, 8);
  reconnect();
  greet(8);
  type(3, "rm x\rls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  EXPECT_TRUE(wait([&] { return dropped() == note(3, 5); })) << dropped();
}

TEST_F(SandboxExchangeTest, ASecondFailureBeforeTheConfirmationLetsNothingThroughUntilTheNext) {
  break_sandbox();
  sandbox = named_by("sandbox_replaced");
  reconnect();
  greet(8);
  type(3, "rm");
  see(sandbox, 8);
  type(5, " x\rls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  EXPECT_TRUE(wait([&] { return dropped() == note(3, 2) + " " + note(5, 3); })) << dropped();
}

TEST_F(SandboxExchangeTest, AHelloThatOvertakesConfirmedInputLetsNoneOfItThrough) {
  break_sandbox();
  sandbox = named_by("sandbox_replaced");
  see(sandbox, 8);
  greet(8);
  type(3, "rm x\rls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
}

TEST_F(SandboxExchangeTest, AResetThatOvertakesInputForALostSandboxLetsNoneOfItThrough) {
  break_sandbox();
  see(named_by("sandbox_replaced"), 8);
  say(R"({"type":"reset","id":1})");
  ASSERT_TRUE(wait_for("done"));
  type(3, "rm x\rls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
}

TEST_F(SandboxExchangeTest, AClientThatNamesNoSandboxMayDisconnectAgainBeforeItsInputArrives) {
  restart();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  greet_without_sandbox(8);
  reconnect();
  greet_without_sandbox(8);
  type(3, "rm x\rls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
}

TEST_F(SandboxExchangeTest, AConnectedClientThatNamesNoSandboxLosesTheInputThatItHadSent) {
  greet_without_sandbox(3);
  loop.advance(seconds(2));
  backend.shell().fails_to_restart = true;
  backend.shell().exit();
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  EXPECT_EQ(port.count("sandbox_replaced"), 0);
  reconnect();
  greet_without_sandbox(8);
  type(3, "rm x\rls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
}

class IdentityTest : public SessionTest {
 protected:
  void greet(const std::string& more) {
    say("{\"type\":\"hello\",\"columns\":80,\"rows\":24,\"output_offset\":0" + more + "}");
  }
  std::string error() { return std::string(port.last("error")["code"].as_string()); }
};

TEST_F(IdentityTest, APageOfAnotherParticipantIsRefused) {
  begin_task();
  KeepingPort other;
  session->attach(other);
  say(other, R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"participant":"999"})");
  EXPECT_EQ(other.last("error")["code"], "wrong_participant");
  EXPECT_EQ(other.close_code, 4003);
  EXPECT_EQ(other.count("welcome"), 0);
  EXPECT_EQ(port.count("replaced"), 0) << "the participant's own page stays";
  type(0, "x");
  EXPECT_EQ(backend.shell().typed(), "x");
}

TEST_F(IdentityTest, ThePageInUseThatNamesAnotherParticipantIsRefusedAndTheTaskContinues) {
  begin_task();
  greet(",\"participant\":\"999\"");
  EXPECT_EQ(port.last("error")["code"], "wrong_participant");
  EXPECT_EQ(port.close_code, 4003);
  session->detach(port, "closed");
  loop.run_until_idle();
  KeepingPort other;
  session->attach(other);
  say(other, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  EXPECT_EQ(other.last("welcome")["state"].as_object()["state"], "running");
  expect_stored("SELECT detail FROM event_log WHERE kind = 'detached'", R"({"reason":"it named another participant"})");
}

TEST_F(IdentityTest, ASessionWhoseOnlyPageWasRefusedIsReleased) {
  open();
  greet(",\"participant\":\"999\"");
  EXPECT_EQ(port.close_code, 4003);
  session->detach(port, "closed");
  loop.run_until_idle();
  EXPECT_EQ(idle_calls, 1);
}

TEST_F(IdentityTest, APageOfTheParticipantAndAClientWithoutAKeyAreWelcome) {
  open();
  greet(",\"participant\":\"" + std::to_string(participant) + "\"");
  EXPECT_EQ(port.count("welcome"), 1);
  greet("");
  EXPECT_EQ(port.count("welcome"), 2);
}

TEST_F(IdentityTest, AStreamMustBelongToTheParticipant) {
  begin_task();
  const std::string first = std::string(port.last("welcome")["stream"].as_string());
  say(R"({"type":"give_up","id":1})");
  ASSERT_TRUE(wait_for("done"));
  start_task(2);
  const std::string second = std::string(port.last("welcome")["stream"].as_string());
  restart();
  greet(",\"stream\":\"s-of-alice\",\"input_offset\":3");
  EXPECT_EQ(error(), "unknown_stream");
  EXPECT_EQ(port.count("welcome"), 0);
  type(0, "typed at alice's");
  EXPECT_EQ(error(), "bad_message");
  for (const std::string& own : {first, second}) {
    port.forget();
    greet(",\"stream\":\"" + own + "\",\"input_offset\":0");
    EXPECT_EQ(port.count("welcome"), 1)
        << "a page may name any stream of its participant, also that of a task that has ended";
  }
  EXPECT_EQ(port.close_code, 0);
}

}  // namespace
}  // namespace tellina::testing
