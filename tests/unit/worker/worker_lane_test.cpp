#include <thread>

#include "host/wire/connection_messages.hpp"
#include "plugins/ordering_slight/slight_gate.hpp"
#include "unit/worker/worker_lane_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(WorkerLaneTest, AnswersHttpRequests) {
  add_lane("w0");
  EXPECT_EQ(ask(R"({"method":"ready"})"), R"({"status":200,"body":{}})");
  EXPECT_THAT(ask(R"({"method":"login","access_code":"eve"})"), HasSubstr("unknown_access_code"));
  const auto login = boost::json::parse(ask(R"({"method":"login","access_code":"bob"})")).as_object();
  ASSERT_EQ(login.at("status"), 200);
  const std::string cookie(login.at("cookie").as_string());
  EXPECT_EQ(cookie.size(), 64U);
  const auto who = boost::json::parse(ask("{\"method\":\"authenticate\",\"cookie\":\"" + cookie + "\"}")).as_object();
  EXPECT_EQ(who.at("participant"), participant);
  EXPECT_THAT(ask("{\"method\":\"study\",\"cookie\":\"" + cookie + "\"}"), HasSubstr("\"state\":\"ready\""));
  EXPECT_THAT(ask(R"({"method":"study","cookie":"no"})"), HasSubstr("\"status\":401"));
  EXPECT_EQ(
      ask(R"({"method":"about"})"),
      R"({"status":200,"body":{"title":"Command-line study","contact":"","records_bytes":true,"records_addresses":false}})");
  EXPECT_THAT(ask("nonsense"), HasSubstr("\"status\":400"));
  EXPECT_THAT(ask(R"({"method":"fly"})"), HasSubstr("unknown method"));
}

TEST_F(WorkerLaneTest, SurvivesMessagesWithoutAReplyChannel) {
  add_lane("w0");
  send("http.request", Message(MessageKind::request, "r", 0, R"({"method":"ready"})"));
  send("websocket.connect", Message(MessageKind::connect, "c", 0, R"({"participant":1})"));
  loop.run_until_idle();
  EXPECT_THAT(log.lines().back(), HasSubstr("refused a connection: channel name \"\""));
  EXPECT_EQ(ask(R"({"method":"ready"})"), R"({"status":200,"body":{}})");
}

TEST_F(WorkerLaneTest, SurvivesMessagesThatNameNobody) {
  add_lane("w0");
  Message nobody(MessageKind::connect, "d", 0, "{}");
  nobody.reply_channel = "gateway.g-0";
  send("websocket.connect", nobody);
  send("worker.w0", Message(MessageKind::data, "unknown", 5, "x"));
  loop.run_until_idle();
  EXPECT_THAT(log.lines().back(), HasSubstr("connect of d: expected {\"participant\": NUMBER}"));
  EXPECT_EQ(ask(R"({"method":"ready"})"), R"({"status":200,"body":{}})");
}

TEST_F(WorkerLaneTest, AcceptsAConnectionAndNumbersItsMessages) {
  add_lane("w0");
  connect("c", participant);
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  EXPECT_EQ(accepted_by("c"), "worker.w0");
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  loop.run_until_idle();
  ASSERT_EQ(of("c", MessageKind::text).size(), 1U) << "a message that comes twice is handled once";
  EXPECT_EQ(of("c", MessageKind::text)[0].sequence, 1U);
}

TEST_F(WorkerLaneTest, LetsThePolicyChooseAmongAllWaitingMessages) {
  constexpr const char* ping = R"({"type":"ping","t":7})";
  slight::SlightOrdering loose(context);
  const std::pair<OrderingPolicy*, int> expected[] = {{&policy, 0}, {&loose, 1}};
  for (const auto& [chosen, overtakings] : expected) {
    ordering = chosen;
    for (auto& lane : lanes) stop(*lane);
    lanes.clear();
    add_lane("w0");
    const std::string id = "c" + std::to_string(overtakings);
    connect(id, participant);
    ASSERT_TRUE(wait_accept(id));
    send_to("worker.w0", MessageKind::text, id, 1, hello);
    loop.run_until_idle();
    // From another thread, so that they wait for the loop together.
    std::thread([&] {
      send_to("worker.w0", MessageKind::data, id, 2, std::string(8, '\0') + "l");
      send_to("worker.w0", MessageKind::data, id, 3, std::string(7, '\0') + "\1s");
      send_to("worker.w0", MessageKind::text, id, 4, ping);
    }).join();
    loop.run_until_idle();
    const std::string numbers = ask(R"({"method":"numbers"})");
    const auto is_told = [&](const std::string& name, const std::string& suffix, auto number) {
      return numbers.find("[\"tellina_worker_" + name + "\",\"" + suffix + R"(","{worker=\"0\"}",)" +
                          boost::json::serialize(boost::json::value(static_cast<double>(number))) + "]") !=
             std::string::npos;
    };
    EXPECT_TRUE(is_told("overtakings", "_total", overtakings)) << numbers;
    EXPECT_TRUE(is_told("messages", "_total", 4)) << numbers;
    EXPECT_TRUE(is_told("connections", "", 1)) << numbers;
    EXPECT_TRUE(is_told("sessions", "", 1)) << numbers;
  }
}

TEST_F(WorkerLaneTest, EndsAConnectionThatLostAMessage) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  send_to("worker.w0", MessageKind::text, "c", 2, hello);
  EXPECT_EQ(wait_close("c"), "4002 messages were lost on the way");
}

TEST_F(WorkerLaneTest, ForwardsAConnectToTheOwner) {
  add_lane("w0", 0, 2);
  connect("a", participant);
  ASSERT_TRUE(wait_accept("a"));
  add_lane("w1", 1, 2);
  for (int i = 0; i < 4; ++i) connect("b" + std::to_string(i), participant);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(wait_accept("b" + std::to_string(i)));
    EXPECT_EQ(accepted_by("b" + std::to_string(i)), "worker.w0");
  }
}

TEST_F(WorkerLaneTest, TakesOverOrphans) {
  leave_orphan(participant);
  add_lane("w0");
  ASSERT_TRUE(wait([&] { return backend.starts == 1; }));
  EXPECT_EQ(stored("SELECT worker_id FROM leases"), "w0");
}

TEST_F(WorkerLaneTest, LeavesTheOrphansOfOtherLanesToThem) {
  leave_orphan(participant);
  leave_orphan(other);
  const auto owner_of = [&](ParticipantId whose) {
    return stored("SELECT worker_id FROM leases WHERE participant_id = " + std::to_string(whose));
  };
  ASSERT_NE(participant % 2, other % 2);
  const ParticipantId even = participant % 2 == 0 ? participant : other;
  const ParticipantId odd = participant + other - even;
  add_lane("w0", 0, 2);
  ASSERT_TRUE(wait([&] { return owner_of(even) == "w0"; }));
  EXPECT_EQ(owner_of(odd), "NULL") << "its lane has not started yet";
  add_lane("w1", 1, 2);
  ASSERT_TRUE(wait([&] { return owner_of(odd) == "w1"; }));
  EXPECT_EQ(owner_of(even), "w0");
}

TEST_F(WorkerLaneTest, CreatesOneSessionForAnOrphanWhosePageConnects) {
  leave_orphan(participant);
  add_lane("w0");
  // The first tick's result is pending; the page connects before the lease is acquired.
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  loop.advance(seconds(2));
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  ASSERT_TRUE(wait([&] { return !of("c", MessageKind::text).empty(); }));
  EXPECT_EQ(backend.starts, 1);
}

TEST_F(WorkerLaneTest, ClosesConnectionsOfALostLease) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  loop.virtual_clock().set(loop.clock().now() + seconds(4));
  store->run([&](StoreTransaction& t) { ASSERT_TRUE(t.acquire_lease(participant, "w1", now()).acquired); });
  loop.advance(seconds(1));
  EXPECT_EQ(wait_close("c"), "1012 another worker has the session");
}

/// Like a worker that was stopped and wakes up: its timers are late, and messages that pages sent meanwhile have
/// waited.
TEST_F(WorkerLaneTest, TouchesNoTerminalWhoseLeaseHasExpiredAndContinuesIfItStillHoldsIt) {
  add_lane("w0");
  for (const auto& [connection, whose] : {std::pair("a", participant), std::pair("b", other)}) {
    connect(connection, whose);
    ASSERT_TRUE(wait_accept(connection));
    send_to("worker.w0", MessageKind::text, connection, 1, hello);
    send_to("worker.w0", MessageKind::text, connection, 2, R"({"type":"start_task","id":1,"task":1})");
    ASSERT_TRUE(wait([&] { return of(connection, MessageKind::data).size() == 1; })) << "the prompt";
  }
  loop.virtual_clock().set(loop.clock().now() + seconds(4));
  store->run([&](StoreTransaction& t) { ASSERT_TRUE(t.acquire_lease(participant, "w1", now()).acquired); });
  const auto lost = backend.shells[0];
  const auto kept = backend.shells[1];
  lost->print("the heir's");
  kept->print("ours");
  for (const char* connection : {"a", "b"}) {
    send_to("worker.w0", MessageKind::data, connection, 3, data_frame(0, "late"));
    send_to("worker.w0", MessageKind::text, connection, 4, R"({"type":"resize","columns":100,"rows":30})");
  }
  EXPECT_EQ(lost->typed() + kept->typed(), "") << "the worker wrote before it knew whether the lease is its own";

  EXPECT_EQ(wait_close("a"), "1012 another worker has the session");
  ASSERT_TRUE(wait([&] { return of("b", MessageKind::data).size() == 2; }));
  EXPECT_EQ(of("b", MessageKind::data).back().body.substr(8), "ours");
  EXPECT_EQ(kept->typed(), "late");
  EXPECT_EQ(kept->size.columns, 100);
  EXPECT_EQ(lost->typed(), "") << "another worker's session got input";
  EXPECT_NE(lost->size.columns, 100) << "another worker's session got a new size";
  EXPECT_EQ(of("a", MessageKind::data).size(), 1U) << "output of another worker's session was read";
  EXPECT_EQ(stored("SELECT count(*) FROM input_bytes WHERE access_code = 'bob'"), "0");
}

TEST_F(WorkerLaneTest, ReturnsALeaseWhenNobodyIsConnected) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  send_to("worker.w0", MessageKind::disconnect, "c", 1, "1001 gone");
  ASSERT_TRUE(wait([&] { return stored("SELECT worker_id FROM leases") == "NULL"; }));
  connect("d", participant);
  EXPECT_TRUE(wait_accept("d"));
}

TEST_F(WorkerLaneTest, AnswersOnAChannelOfItsOwnWhetherItIsAlive) {
  add_lane("w0");
  std::vector<Message> answers;
  const auto alive =
      layer.receive(ChannelName("gateway.g-0.alive"), [&](Message m) { answers.push_back(std::move(m)); });
  Message question(MessageKind::request, "q", 0, R"({"method":"alive"})");
  question.reply_channel = "gateway.g-0.alive";
  send("worker.w0.alive", question);
  ASSERT_TRUE(wait([&] { return answers.size() == 1; }));
  EXPECT_EQ(answers[0].connection, "q");
  EXPECT_EQ(answers[0].body, R"({"status":200,"body":{}})");
}

/// Frames of one participant without limit, and those of another one.
class FloodTest : public WorkerLaneTest {
 protected:
  FloodTest() {
    add_lane("w0");
    connect("c", participant);
    connect("d", other);
    EXPECT_TRUE(wait_accept("c"));
    EXPECT_TRUE(wait_accept("d"));
    say("c", hello);
    say("d", hello);
  }
  void say(const std::string& connection, const std::string& json) {
    send_to("worker.w0", MessageKind::text, connection, ++m_sent[connection], json);
    loop.run_until_idle();
  }
  std::size_t answers(const std::string& connection, const std::string& type) const {
    std::size_t count = 0;
    for (const Message& message : of(connection, MessageKind::text)) {
      count += message.body.rfind("{\"type\":\"" + type + "\"", 0) == 0;
    }
    return count;
  }

 private:
  std::map<std::string, Sequence> m_sent;
};

TEST_F(FloodTest, FramesGetTheirCreditInPortions) {
  // The hello is the first one.
  const std::size_t frames = limits::frame_credit / limits::smallest_text_frame_units;
  for (std::size_t i = 1; i < frames; ++i) {
    EXPECT_EQ(of("c", MessageKind::credit).size(), 0U) << i;
    say("c", "{}");
  }
  const auto credits = of("c", MessageKind::credit);
  ASSERT_EQ(credits.size(), 1U);
  EXPECT_EQ(decode_frame_credit(credits[0].body), limits::frame_credit);
  EXPECT_EQ(decode_credit(credits[0].body), std::nullopt) << "it is no credit for input";
}

TEST_F(FloodTest, MoreFramesThanTheBudgetWaitAndAllAreHandledInOrder) {
  constexpr std::size_t frames = 10'000;
  for (std::size_t i = 0; i < frames; ++i) say("c", R"({"type":"ping","t":)" + std::to_string(i) + "}");
  const std::size_t at_once = answers("c", "pong");
  EXPECT_GE(at_once, static_cast<std::size_t>(limits::control_burst) - 100);
  EXPECT_LE(at_once, static_cast<std::size_t>(limits::control_burst));
  say("d", R"({"type":"ping","t":1})");
  EXPECT_EQ(answers("d", "pong"), 1U) << "nobody else waits";
  loop.advance(seconds(1));
  EXPECT_NEAR(static_cast<double>(answers("c", "pong") - at_once), limits::control_units_in_a_second, 100);
  loop.advance(seconds(3));
  const auto texts = of("c", MessageKind::text);
  ASSERT_EQ(answers("c", "pong"), frames);
  EXPECT_THAT(texts.back().body, HasSubstr("\"t\":9999"));
}

TEST_F(FloodTest, FramesThatAddToTheRecordTakeMore) {
  for (int i = 0; i < 1000; ++i) say("c", hello);
  const auto welcomes = [&] { return static_cast<double>(answers("c", "welcome")); };
  const double at_once = welcomes();
  EXPECT_LE(at_once, limits::control_burst / limits::recorded_frame_units + 1);
  loop.advance(seconds(1));
  EXPECT_NEAR(welcomes() - at_once, limits::control_units_in_a_second / limits::recorded_frame_units, 5);
}

TEST_F(FloodTest, ObservationsBeyondTheBudgetWaitAndNoneIsLost) {
  constexpr int observations = 1500;
  for (int i = 0; i < observations; ++i) {
    say("c", R"({"type":"observation","kind":"focus","focused":true,"at":)" + std::to_string(i) + "}");
  }
  say("c", R"({"type":"ping","t":1})");
  EXPECT_EQ(answers("c", "pong"), 0U) << "it waits behind the observations";
  say("d", R"({"type":"ping","t":1})");
  EXPECT_EQ(answers("d", "pong"), 1U) << "nobody else waits";
  loop.advance(std::chrono::milliseconds(4900));
  EXPECT_EQ(answers("c", "pong"), 0U);
  loop.advance(std::chrono::milliseconds(200));
  EXPECT_EQ(answers("c", "pong"), 1U);
  expect_stored("SELECT count(*) FROM events WHERE kind = 'focus'", std::to_string(observations));
}

TEST_F(FloodTest, NothingOfAnEndedConnectionWaitsBehindANewerOne) {
  const auto frames = static_cast<std::size_t>(limits::control_burst) + 500;
  for (std::size_t i = 0; i < frames; ++i) say("c", R"({"type":"ping","t":1})");
  ASSERT_LT(answers("c", "pong"), frames);
  connect("late", participant);
  loop.run_until_idle();
  ASSERT_TRUE(accepted_by("late").empty()) << "it waits for the budget";
  say("c", hello);
  // The numbers behind those of the frames: of a hello, the pings and a hello; and of nothing.
  send_to("worker.w0", MessageKind::disconnect, "c", frames + 3, "1001 gone");
  send_to("worker.w0", MessageKind::disconnect, "late", 1, "1001 gone");
  loop.run_until_idle();
  EXPECT_EQ(answers("c", "pong"), frames);
  EXPECT_EQ(answers("c", "welcome"), 2U);
  connect("new", participant);
  loop.advance(seconds(1));
  EXPECT_TRUE(wait_accept("new"));
  say("new", hello);
  EXPECT_TRUE(wait([&] { return answers("new", "welcome") == 1; }));
  EXPECT_TRUE(of("new", MessageKind::close).empty()) << "an older hello replaced it";
  EXPECT_TRUE(accepted_by("late").empty());
}

TEST_F(FloodTest, ANewPageDoesNotWaitForWhatAnOlderOneHasSent) {
  constexpr std::size_t frames = 10'000;
  for (std::size_t i = 0; i < frames; ++i) say("c", R"({"type":"ping","t":1})");
  for (const char* page : {"new", "newer"}) {
    connect(page, participant);
    loop.run_until_idle();
    EXPECT_TRUE(accepted_by(page).empty()) << "it waits for the budget";
    say(page, hello);
  }
  loop.advance(std::chrono::milliseconds(50));
  ASSERT_LT(answers("c", "pong"), frames);
  EXPECT_EQ(answers("newer", "welcome"), 1U);
  EXPECT_TRUE(of("newer", MessageKind::close).empty()) << "the older page replaced it";
  EXPECT_EQ(of("new", MessageKind::close).size(), 1U);
}

TEST_F(FloodTest, WhoComesAndGoesHasOnlyOneBudget) {
  const int visits = 1000;
  int accepted = 0;
  const auto count = [&] {
    accepted = 0;
    for (int i = 0; i < visits; ++i) accepted += !accepted_by("v" + std::to_string(i)).empty();
    return accepted;
  };
  for (int i = 0; i < visits; ++i) {
    const std::string id = "v" + std::to_string(i);
    connect(id, participant);
    loop.run_until_idle();
    if (!accepted_by(id).empty()) send_to("worker.w0", MessageKind::disconnect, id, 1, "1001 gone");
  }
  EXPECT_LE(count(), static_cast<int>(limits::control_burst / limits::recorded_frame_units));
  connect("e", other);
  EXPECT_TRUE(wait_accept("e")) << "nobody else waits";
  const int before = count();
  loop.advance(seconds(1));
  EXPECT_NEAR(count() - before, limits::control_units_in_a_second / limits::recorded_frame_units, 5);
  loop.advance(seconds(10));
  EXPECT_EQ(count(), visits) << "who waits is let in later";
}

TEST_F(WorkerLaneTest, RetriesAtEachTickToRemoveWhatDeadWorkersLeft) {
  Sweeper sweeper(backend, "scripted", log);
  sweeper.add({"dead"});
  backend.is_unavailable = true;
  sweeper.run(sweeper.due(), {});
  lanes.push_back(std::make_unique<WorkerLane>(environment, layer, *ordering, 0, 1));
  lanes.back()->take_over(sweeper);
  lanes.back()->start();
  ASSERT_TRUE(wait([&] { return backend.swept.size() >= 2; }));
  backend.is_unavailable = false;
  loop.advance(seconds(1));
  EXPECT_TRUE(wait([&] { return log.lines().size() >= 2; })) << "the sandbox was not removed";
}

TEST_F(WorkerLaneTest, SweepsASandboxWhoseAdoptionFailed) {
  backend.can_adopt = true;
  backend.fails_to_adopt = true;
  leave_orphan(participant);
  Sweeper sweeper(backend, "scripted", log);
  sweeper.add({"w9"});
  sweeper.run(sweeper.due(), {"box"});
  lanes.push_back(std::make_unique<WorkerLane>(environment, layer, *ordering, 0, 1));
  lanes.back()->take_over(sweeper);
  lanes.back()->start();
  ASSERT_TRUE(wait([&] { return stored("SELECT sandbox <> 'box' FROM task_sessions") == "1"; }));
  loop.advance(seconds(1));
  ASSERT_TRUE(wait([&] { return backend.swept.size() >= 2; }))
      << "the sandbox that could not be adopted was not removed";
  EXPECT_THAT(backend.kept[0], ::testing::ElementsAre("box"));
  EXPECT_THAT(backend.kept[1], ::testing::Not(::testing::Contains("box")));
}

TEST_F(WorkerLaneTest, SurvivesAGatewayThatDisconnectsInsideSend) {
  hangs_up = true;
  add_lane("w0");
  for (int i = 0; i < 5; ++i) {
    const std::string id = "c" + std::to_string(i);
    connect(id, participant);
    ASSERT_TRUE(wait_accept(id));
    send_to("worker.w0", MessageKind::text, id, 1, hello);
    loop.run_until_idle();
  }
  EXPECT_EQ(wait_close("c3"), "4001 replaced");
}

TEST_F(WorkerLaneTest, HandlesMessagesThatArriveInsideItsSendAfterTheCurrentOne) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  std::vector<std::string> order;
  answer = [&](const Message& message) {
    const bool is_text = message.kind == MessageKind::text;
    order.push_back(is_text ? message.body.substr(9, message.body.find('"', 9) - 9) : "output");
    if (is_text && message.body.starts_with(R"({"type":"welcome","id":1)")) {
      send_to("worker.w0", MessageKind::text, "c", 3, R"({"type":"ping","t":1})");
    }
  };
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  send_to("worker.w0", MessageKind::text, "c", 2, R"({"type":"start_task","id":1,"task":1})");
  EXPECT_TRUE(wait([&] { return order.size() == 5; }));
  EXPECT_THAT(order, ::testing::ElementsAre("welcome", "welcome", "state", "output", "pong"))
      << "if a page replies to the welcome at once, the answer to it follows the whole welcome";
  answer = nullptr;
}

TEST_F(WorkerLaneTest, ReportsAnEndThatTheLayerRefusedAtTheNextMessage) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  outgoing.is_down = true;
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  loop.run_until_idle();
  send_to("worker.w0", MessageKind::text, "c", 2, R"({"type":"ping","t":1})");
  loop.run_until_idle();
  EXPECT_TRUE(of("c", MessageKind::close).empty());
  outgoing.is_down = false;
  send_to("worker.w0", MessageKind::text, "c", 3, R"({"type":"ping","t":2})");
  loop.run_until_idle();
  ASSERT_EQ(of("c", MessageKind::close).size(), 1U) << "without a close, the page would type into a dead connection";
  EXPECT_EQ(of("c", MessageKind::close).front().body, "4002 messages were lost on the way");
  send_to("worker.w0", MessageKind::text, "c", 4, R"({"type":"ping","t":3})");
  loop.run_until_idle();
  EXPECT_EQ(of("c", MessageKind::close).size(), 2U)
      << "the layer may have lost the close, so it is repeated until the gateway confirms the end";
  send_to("worker.w0", MessageKind::disconnect, "c", 5, "4002 messages were lost on the way");
  send_to("worker.w0", MessageKind::text, "c", 6, R"({"type":"ping","t":4})");
  loop.run_until_idle();
  EXPECT_EQ(of("c", MessageKind::close).size(), 2U);
}

TEST_F(WorkerLaneTest, ReportsAnEndThatTheLayerRefusedSoonAfterwards) {
  add_lane("w0");
  for (const char* connection : {"c", "d"}) {
    connect(connection, connection == std::string("c") ? participant : other);
    ASSERT_TRUE(wait_accept(connection));
  }
  outgoing.is_down = true;
  for (const char* connection : {"c", "d"}) send_to("worker.w0", MessageKind::text, connection, 1, hello);
  loop.run_until_idle();
  send_to("worker.w0", MessageKind::disconnect, "d", 2, "1006 gone");
  outgoing.is_down = false;
  loop.advance(seconds(1));
  EXPECT_EQ(wait_close("c"), "4002 messages were lost on the way");
  EXPECT_TRUE(of("d", MessageKind::close).empty()) << "its gateway knows that the connection has ended";
}

TEST_F(WorkerLaneTest, KeepsTheReasonOfAnEndThatTheLayerRefused) {
  add_lane("w0");
  for (const char* connection : {"old", "new"}) {
    connect(connection, participant);
    ASSERT_TRUE(wait_accept(connection));
  }
  send_to("worker.w0", MessageKind::text, "old", 1, hello);
  loop.run_until_idle();
  outgoing.is_down = true;
  send_to("worker.w0", MessageKind::text, "new", 1, hello);
  loop.run_until_idle();
  outgoing.is_down = false;
  loop.advance(seconds(1));
  EXPECT_EQ(wait_close("old"), "4001 replaced") << "the page would reconnect and take the terminal from the newer page";
  EXPECT_EQ(wait_close("new"), "4002 messages were lost on the way");
}

/// The machine's random generator, in which an assertion fails on request.
class FailingRandom final : public Random {
 public:
  explicit FailingRandom(Random& random) : m_random(random) {}
  void fill(std::span<std::uint8_t> bytes) override {
    TELLINA_ASSERT(!fails);
    m_random.fill(bytes);
  }
  bool fails = false;

 private:
  Random& m_random;
};

TEST_F(WorkerLaneTest, EndsOnlyTheSessionInWhichAnAssertionFails) {
  expects_failures = true;
  FailingRandom failing(random);
  SessionEnvironment lane_environment(loop, pool, *store, backend, failing, log);
  lane_environment.study = environment.study;
  lane_environment.worker = "w0";
  lanes.push_back(std::make_unique<WorkerLane>(lane_environment, outgoing, *ordering, 0, 1));
  lanes.back()->start();
  for (const auto& [connection, whose] : {std::pair("a", participant), std::pair("b", other)}) {
    connect(connection, whose);
    ASSERT_TRUE(wait_accept(connection));
    send_to("worker.w0", MessageKind::text, connection, 1, hello);
  }
  loop.run_until_idle();
  failing.fails = true;
  send_to("worker.w0", MessageKind::text, "a", 2, R"({"type":"start_task","id":1,"task":1})");
  failing.fails = false;
  EXPECT_EQ(wait_close("a").substr(0, 4), "1011");
  EXPECT_THAT(log.lines().back(), HasSubstr("assertion failed: !fails ("));
  EXPECT_THAT(log.lines().back(), HasSubstr(participant_label(participant)));
  send_to("worker.w0", MessageKind::text, "b", 2, R"({"type":"ping","t":7})");
  loop.run_until_idle();
  EXPECT_THAT(of("b", MessageKind::text).back().body, HasSubstr("pong")) << "another session was touched";
  EXPECT_TRUE(of("b", MessageKind::close).empty());
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c")) << "the participant cannot return";
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  EXPECT_TRUE(wait([&] { return !of("c", MessageKind::text).empty(); }));
}

/// Gates that, on request, start a message that has never arrived.
class BreakablePolicy final : public OrderingPolicy {
 public:
  explicit BreakablePolicy(OrderingPolicy& policy) : m_policy(policy) {}
  std::unique_ptr<Gate> open_gate() override { return std::make_unique<BreakableGate>(m_policy.open_gate(), *this); }
  bool is_broken = false;
  bool refuses = false;  ///< throws Error when a message arrives

 private:
  class BreakableGate final : public Gate {
   public:
    BreakableGate(std::unique_ptr<Gate> gate, const BreakablePolicy& state) : m_gate(std::move(gate)), m_state(state) {}
    void arrive(Sequence sequence, MessageKind kind) override {
      if (m_state.refuses) throw Error(ErrorCode::unavailable, "a fault of the test");
      m_gate->arrive(sequence, kind);
    }
    std::optional<Sequence> next() override { return m_state.is_broken ? 1000 : m_gate->next(); }
    void finish(Sequence sequence) override { m_gate->finish(sequence); }
    std::uint64_t overtakings() const override { return m_gate->overtakings(); }

   private:
    const std::unique_ptr<Gate> m_gate;
    const BreakablePolicy& m_state;
  };

  OrderingPolicy& m_policy;
};

TEST_F(WorkerLaneTest, ConnectionsThatEndForTheSameReasonAreLoggedOnceAMinute) {
  expects_failures = true;
  BreakablePolicy breakable(policy);
  ordering = &breakable;
  add_lane("w0");
  const auto end_one = [&](const std::string& connection) {
    connect(connection, participant);
    ASSERT_TRUE(wait_accept(connection));
    breakable.refuses = true;
    send_to("worker.w0", MessageKind::text, connection, 1, hello);
    EXPECT_EQ(wait_close(connection).substr(0, 4), "1011");
    breakable.refuses = false;
  };
  const auto lines = [&] {
    std::vector<std::string> found = log.lines();
    std::erase_if(found, [](const std::string& line) { return line.find(" ended: ") == std::string::npos; });
    return found;
  };
  for (const char* const connection : {"a", "b", "c", "d"}) end_one(connection);
  EXPECT_THAT(lines(), ElementsAre("connection a ended: a fault of the test"));
}

TEST_F(WorkerLaneTest, AGateThatViolatesItsContractEndsItsSessionAsInterrupted) {
  expects_failures = true;
  BreakablePolicy breakable(policy);
  ordering = &breakable;
  add_lane("w0");
  for (const auto& [connection, whose] : {std::pair("a", participant), std::pair("b", other)}) {
    connect(connection, whose);
    ASSERT_TRUE(wait_accept(connection));
    send_to("worker.w0", MessageKind::text, connection, 1, hello);
    send_to("worker.w0", MessageKind::text, connection, 2, R"({"type":"start_task","id":1,"task":1})");
  }
  const std::string running = "SELECT count(*) FROM task_sessions WHERE state = 'running'";
  ASSERT_TRUE(wait([&] { return stored(running) == "2"; }));
  breakable.is_broken = true;
  send_to("worker.w0", MessageKind::data, "a", 3, data_frame(0, "x"));
  breakable.is_broken = false;
  EXPECT_EQ(wait_close("a").substr(0, 4), "1011");
  const std::string state = "SELECT state FROM task_sessions WHERE participant_id = ";
  EXPECT_TRUE(wait([&] { return stored(state + std::to_string(participant)) == "interrupted"; }))
      << stored(state + std::to_string(participant));
  EXPECT_EQ(stored(state + std::to_string(other)), "running") << "another session was touched";
  EXPECT_THAT(log.lines(), Contains(AllOf(HasSubstr("event=session_failed participant=" +
                                                    participant_label(participant) + " task=task-1 session=s-"),
                                          HasSubstr("the ordering policy starts a message that waits"))));
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c")) << "the participant cannot return";
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  ASSERT_TRUE(wait([&] { return !of("c", MessageKind::text).empty(); }));
  EXPECT_THAT(of("c", MessageKind::text).back().body, HasSubstr("\"interrupted\""))
      << "the page could not show the task's outcome";
}

TEST_F(WorkerLaneTest, StopsInOrder) {
  WorkerLane& lane = add_lane("w0");
  connect("a", participant);
  connect("b", other);
  ASSERT_TRUE(wait_accept("a") && wait_accept("b"));
  send_to("worker.w0", MessageKind::text, "a", 1, hello);
  send_to("worker.w0", MessageKind::text, "a", 2, R"({"type":"start_task","id":1,"task":1})");
  ASSERT_TRUE(wait([&] { return of("a", MessageKind::text).size() == 3; }));
  stop(lane);
  EXPECT_EQ(wait_close("a"), "1012 the server is stopping");
  EXPECT_EQ(wait_close("b"), "1012 the server is stopping");
  EXPECT_TRUE(backend.shell().is_destroyed);
  EXPECT_EQ(stored("SELECT count(*) FROM leases WHERE worker_id IS NOT NULL"), "0");
}

}  // namespace
}  // namespace tellina::testing
