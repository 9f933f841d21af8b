#include "host/worker/worker_lane.hpp"

#include <thread>

#include "plugins/channel_memory/memory_layer.hpp"
#include "plugins/ordering_slight/slight_gate.hpp"
#include "plugins/ordering_strict/strict_gate.hpp"
#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

/// A layer that may be out of reach for a while.
class BrittleLayer final : public ChannelLayer {
 public:
  explicit BrittleLayer(ChannelLayer& layer) : m_layer(layer) {}
  SendResult send(const ChannelName& channel, Message message) override {
    return is_down ? SendResult::unavailable : m_layer.send(channel, std::move(message));
  }
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override {
    return m_layer.receive(channel, std::move(receiver));
  }
  bool is_process_local() const override { return m_layer.is_process_local(); }
  bool is_down = false;

 private:
  ChannelLayer& m_layer;
};

/// Lanes on one loop and one store; the test is the gateway.
class WorkerLaneTest : public SessionTest {
 protected:
  WorkerLaneTest() {
    store->run([&](StoreTransaction& t) {
      t.add_participant("alice", now());
      other = *t.find_participant("alice");
      for (const char* worker : {"w0", "w1", "w9"}) t.register_worker(identify_this_process(worker), now());
    });
    gateway = layer.receive(ChannelName("gateway.g-0"), [this](Message message) {
      if (message.kind == MessageKind::close && hangs_up) {
        send_to(accepted_by(message.connection), MessageKind::disconnect, message.connection, 1, "1006 gone");
      }
      messages.push_back(std::move(message));
    });
  }
  ~WorkerLaneTest() override {
    for (auto& lane : lanes) stop(*lane);
    lanes.clear();
    gateway.reset();
  }

  WorkerLane& add_lane(const std::string& worker, std::size_t index = 0, std::size_t count = 1) {
    SessionEnvironment lent = environment;
    lent.worker = worker;
    lanes.push_back(std::make_unique<WorkerLane>(lent, ways_out, *ordering, index, count));
    lanes.back()->start();
    loop.run_until_idle();
    return *lanes.back();
  }
  void stop(WorkerLane& lane) {
    bool stopped = false;
    lane.stop([&] { stopped = true; });
    EXPECT_TRUE(wait([&] { return stopped; }));
  }
  void send(const std::string& channel, Message message) {
    ASSERT_EQ(layer.send(ChannelName(channel), std::move(message)), SendResult::accepted);
  }
  void send_to(const std::string& channel, MessageKind kind, const std::string& connection, Sequence sequence,
               Bytes body) {
    send(channel, Message(kind, connection, sequence, std::move(body)));
  }
  void connect(const std::string& connection, ParticipantId whose) {
    Message message(MessageKind::connect, connection, 0,
                    "{\"participant\":" + std::to_string(whose) + ",\"address\":\"127.0.0.1\"}");
    message.reply_channel = "gateway.g-0";
    send("websocket.connect", std::move(message));
  }
  std::vector<Message> of(const std::string& connection, MessageKind kind) const {
    std::vector<Message> found;
    for (const Message& message : messages) {
      if (message.connection == connection && message.kind == kind) found.push_back(message);
    }
    return found;
  }
  std::string accepted_by(const std::string& connection) const {
    const auto accepts = of(connection, MessageKind::accept);
    return accepts.empty() ? "" : accepts.front().body;
  }
  bool wait_accept(const std::string& connection) {
    return wait([&] { return !accepted_by(connection).empty(); });
  }
  std::string wait_close(const std::string& connection) {
    wait([&] { return !of(connection, MessageKind::close).empty(); });
    const auto closes = of(connection, MessageKind::close);
    return closes.empty() ? "still open" : closes.front().body;
  }
  std::string ask(const std::string& question) {
    Message message(MessageKind::request, "r" + std::to_string(++requests), 0, question);
    message.reply_channel = "gateway.g-0";
    const std::string id = message.connection;
    send("http.request", std::move(message));
    wait([&] { return !of(id, MessageKind::reply).empty(); });
    const auto replies = of(id, MessageKind::reply);
    return replies.empty() ? "no reply" : replies.front().body;
  }
  /// Leaves a running task behind, as a dead worker does.
  void leave_orphan(ParticipantId whose) {
    store->run([&](StoreTransaction& t) {
      const LeaseResult lease = t.acquire_lease(whose, "w9", now());
      t.begin_task_session(lease.fence, 1, "stdout", "s-left", "box", now());
    });
    loop.virtual_clock().set(loop.clock().now() + seconds(4));
  }

  PluginContext context{Config(), log, loop.virtual_clock(), random};
  memory::MemoryLayer layer{context};
  BrittleLayer ways_out{layer};
  strict::StrictOrdering policy{context};
  OrderingPolicy* ordering = &policy;
  ParticipantId other = 0;
  std::vector<Message> messages;
  bool hangs_up = false;
  int requests = 0;
  std::unique_ptr<Subscription> gateway;
  std::vector<std::unique_ptr<WorkerLane>> lanes;
};

constexpr const char* hello = R"({"type":"hello","columns":80,"rows":24,"output_offset":0})";

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
  EXPECT_THAT(ask("nonsense"), HasSubstr("\"status\":400"));
  EXPECT_THAT(ask(R"({"method":"fly"})"), HasSubstr("unknown method"));
}

TEST_F(WorkerLaneTest, OutlivesMessagesThatBreakTheContract) {
  add_lane("w0");
  send("http.request", Message(MessageKind::request, "r", 0, R"({"method":"ready"})"));
  send("websocket.connect", Message(MessageKind::connect, "c", 0, R"({"participant":1})"));
  Message nobody(MessageKind::connect, "d", 0, "{}");
  nobody.reply_channel = "gateway.g-0";
  send("websocket.connect", nobody);
  send("worker.w0", Message(MessageKind::data, "unknown", 5, "x"));
  loop.run_until_idle();
  EXPECT_THAT(log.lines().back(), HasSubstr("connect of d: expected {\"participant\": NUMBER}"));
  EXPECT_EQ(ask(R"({"method":"ready"})"), R"({"status":200,"body":{}})");
}

TEST_F(WorkerLaneTest, LetsAConnectionInAndNumbersWhatItSays) {
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

TEST_F(WorkerLaneTest, LetsThePolicyChooseAmongAllThatHasCome) {
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
    const auto numbers = boost::json::parse(ask(R"({"method":"alive"})")).as_object().at("body").as_object();
    EXPECT_EQ(numbers.at("overtakings"), overtakings);
    EXPECT_EQ(numbers.at("messages"), 4);
    EXPECT_EQ(numbers.at("connections"), 1);
    EXPECT_EQ(numbers.at("sessions"), 1);
  }
}

TEST_F(WorkerLaneTest, EndsAConnectionThatLostAMessage) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  send_to("worker.w0", MessageKind::text, "c", 2, hello);
  EXPECT_EQ(wait_close("c"), "4002 messages were lost on the way");
}

TEST_F(WorkerLaneTest, HandsAConnectOnToTheOwner) {
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

TEST_F(WorkerLaneTest, TakesOrphans) {
  leave_orphan(participant);
  add_lane("w0");
  ASSERT_TRUE(wait([&] { return backend.starts == 1; }));
  EXPECT_EQ(stored("SELECT worker_id FROM leases"), "w0");
}

TEST_F(WorkerLaneTest, MakesOneSessionForAnOrphanWhosePageComes) {
  leave_orphan(participant);
  add_lane("w0");
  // The first tick's answer is on its way; the page comes between it and the lease.
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  loop.advance(seconds(2));
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  ASSERT_TRUE(wait([&] { return !of("c", MessageKind::text).empty(); }));
  EXPECT_EQ(backend.starts, 1);
}

TEST_F(WorkerLaneTest, ClosesWhatItHasLost) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  loop.virtual_clock().set(loop.clock().now() + seconds(4));
  store->run([&](StoreTransaction& t) { ASSERT_TRUE(t.acquire_lease(participant, "w1", now()).acquired); });
  loop.advance(seconds(1));
  EXPECT_EQ(wait_close("c"), "1012 another worker has the session");
}

/// As a worker that was stopped and wakes up: its timers are late, and what pages sent meanwhile has waited.
TEST_F(WorkerLaneTest, TouchesNoTerminalWhoseLeaseHasLapsedAndGoesOnWhereItStillHoldsIt) {
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
  }
  EXPECT_EQ(lost->typed() + kept->typed(), "") << "before it knows whether the lease is its own";

  EXPECT_EQ(wait_close("a"), "1012 another worker has the session");
  ASSERT_TRUE(wait([&] { return of("b", MessageKind::data).size() == 2; }));
  EXPECT_EQ(of("b", MessageKind::data).back().body.substr(8), "ours");
  EXPECT_EQ(kept->typed(), "late");
  EXPECT_EQ(of("a", MessageKind::data).size(), 1U) << "output of another worker's session was read";
  EXPECT_EQ(stored("SELECT count(*) FROM input_bytes WHERE access_code = 'bob'"), "0");
}

TEST_F(WorkerLaneTest, GivesALeaseBackWhenNobodyIsThere) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  send_to("worker.w0", MessageKind::disconnect, "c", 1, "1001 gone");
  ASSERT_TRUE(wait([&] { return stored("SELECT worker_id FROM leases") == "NULL"; }));
  connect("d", participant);
  EXPECT_TRUE(wait_accept("d"));
}

TEST_F(WorkerLaneTest, TriesAgainAtEachTickToPutAwayWhatDeadWorkersLeft) {
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
  EXPECT_TRUE(wait([&] { return log.lines().size() >= 2; })) << "it is not put away";
}

TEST_F(WorkerLaneTest, OutlivesAGatewayThatHangsUpInsideSend) {
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

TEST_F(WorkerLaneTest, TellsOfAnEndThatTheLayerDidNotTakeAtTheNextMessage) {
  add_lane("w0");
  connect("c", participant);
  ASSERT_TRUE(wait_accept("c"));
  ways_out.is_down = true;
  send_to("worker.w0", MessageKind::text, "c", 1, hello);
  loop.run_until_idle();
  send_to("worker.w0", MessageKind::text, "c", 2, R"({"type":"ping","t":1})");
  loop.run_until_idle();
  EXPECT_TRUE(of("c", MessageKind::close).empty());
  ways_out.is_down = false;
  send_to("worker.w0", MessageKind::text, "c", 3, R"({"type":"ping","t":2})");
  loop.run_until_idle();
  ASSERT_EQ(of("c", MessageKind::close).size(), 1U) << "the page would type into nothing";
  EXPECT_EQ(of("c", MessageKind::close).front().body, "4002 messages were lost on the way");
  send_to("worker.w0", MessageKind::text, "c", 4, R"({"type":"ping","t":3})");
  loop.run_until_idle();
  EXPECT_EQ(of("c", MessageKind::close).size(), 2U) << "the layer may have lost it; a gateway that knows says so";
  send_to("worker.w0", MessageKind::disconnect, "c", 5, "4002 messages were lost on the way");
  send_to("worker.w0", MessageKind::text, "c", 6, R"({"type":"ping","t":4})");
  loop.run_until_idle();
  EXPECT_EQ(of("c", MessageKind::close).size(), 2U);
}

TEST_F(WorkerLaneTest, TellsOfAnEndThatTheLayerDidNotTakeSoonAfterwards) {
  add_lane("w0");
  for (const char* connection : {"c", "d"}) {
    connect(connection, connection == std::string("c") ? participant : other);
    ASSERT_TRUE(wait_accept(connection));
  }
  ways_out.is_down = true;
  for (const char* connection : {"c", "d"}) send_to("worker.w0", MessageKind::text, connection, 1, hello);
  loop.run_until_idle();
  send_to("worker.w0", MessageKind::disconnect, "d", 2, "1006 gone");
  ways_out.is_down = false;
  loop.advance(seconds(1));
  EXPECT_EQ(wait_close("c"), "4002 messages were lost on the way");
  EXPECT_TRUE(of("d", MessageKind::close).empty()) << "its gateway knows";
}

TEST_F(WorkerLaneTest, KeepsTheReasonOfAnEndThatTheLayerDidNotTake) {
  add_lane("w0");
  for (const char* connection : {"old", "new"}) {
    connect(connection, participant);
    ASSERT_TRUE(wait_accept(connection));
  }
  send_to("worker.w0", MessageKind::text, "old", 1, hello);
  loop.run_until_idle();
  ways_out.is_down = true;
  send_to("worker.w0", MessageKind::text, "new", 1, hello);
  loop.run_until_idle();
  ways_out.is_down = false;
  loop.advance(seconds(1));
  EXPECT_EQ(wait_close("old"), "4001 replaced") << "it would come back and take the terminal from the newer page";
  EXPECT_EQ(wait_close("new"), "4002 messages were lost on the way");
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
  EXPECT_EQ(wait_close("a"), "1012 the server goes down");
  EXPECT_EQ(wait_close("b"), "1012 the server goes down");
  EXPECT_TRUE(backend.shell().is_destroyed);
  EXPECT_EQ(stored("SELECT count(*) FROM leases WHERE worker_id IS NOT NULL"), "0");
}

}  // namespace
}  // namespace tellina::testing
