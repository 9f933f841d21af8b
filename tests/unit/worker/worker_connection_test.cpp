#include "host/worker/worker_connection.hpp"

#include <gmock/gmock.h>

#include "host/runtime/assertion.hpp"
#include "plugins/channel_memory/memory_layer.hpp"
#include "support/virtual_loop.hpp"
#include "unit/store/store_fixture.hpp"
#include "unit/worker/brittle_layer.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Arrival = WorkerConnection::Arrival;

/// Records its calls, and starts what the test names.
class ScriptedGate final : public Gate {
 public:
  void arrive(Sequence sequence, MessageKind) override { arrived.push_back(sequence); }
  std::optional<Sequence> next() override { return std::exchange(starts, std::nullopt); }
  void finish(Sequence sequence) override { finished.push_back(sequence); }
  std::uint64_t overtakings() const override { return 0; }

  std::vector<Sequence> arrived;
  std::vector<Sequence> finished;
  std::optional<Sequence> starts;
};

class WorkerConnectionTest : public ::testing::Test {
 protected:
  WorkerConnectionTest() {
    gateway = layer.receive(ChannelName("gateway.g"), [this](Message message) {
      if (answers_inside_send) inbox.deliver(Message(MessageKind::disconnect, "c", 1, ""));
      sent.push_back(std::move(message));
    });
    Message connect(MessageKind::connect, "c", 0, R"({"participant":7,"address":"10.0.0.1"})");
    connect.reply_channel = "gateway.g";
    auto made = std::make_unique<ScriptedGate>();
    gate = made.get();
    connection =
        std::make_unique<WorkerConnection>(outbox, std::move(made), std::move(connect), [this] { ++ended_calls; });
  }
  Arrival arrive(Sequence sequence, MessageKind kind = MessageKind::data) {
    return connection->arrive(Message(kind, "c", sequence, "x"));
  }
  std::optional<Sequence> start(Sequence sequence) {
    gate->starts = sequence;
    const std::optional<Message> message = connection->next();
    return message ? std::optional(message->sequence) : std::nullopt;
  }

  CollectingLog log;
  VirtualLoop loop;
  SeededRandom random;
  PluginContext context{Config(), log, loop.virtual_clock(), random};
  memory::MemoryLayer memory{context};
  BrittleLayer layer{memory};
  std::vector<Message> handled;
  LoopInbox inbox{loop, LoopInbox::Delivery::at_once, [this](std::span<Message> batch) {
                    for (Message& message : batch) handled.push_back(std::move(message));
                  }};
  Outbox outbox{layer, inbox};
  std::vector<Message> sent;
  bool answers_inside_send = false;
  int ended_calls = 0;
  std::unique_ptr<Subscription> gateway;
  ScriptedGate* gate = nullptr;
  std::unique_ptr<WorkerConnection> connection;
};

TEST_F(WorkerConnectionTest, PassesNumbersToTheGateInOrderOnceAndWithoutHoles) {
  EXPECT_EQ(connection->participant(), 7);
  EXPECT_EQ(connection->address(), "10.0.0.1");
  EXPECT_EQ(arrive(1), Arrival::in_order);
  EXPECT_EQ(arrive(1), Arrival::repeated);
  EXPECT_EQ(arrive(3), Arrival::after_gap);
  EXPECT_EQ(arrive(2, MessageKind::text), Arrival::in_order);
  EXPECT_EQ(arrive(0), Arrival::repeated);
  EXPECT_THAT(gate->arrived, ElementsAre(0, 1, 2));
}

TEST_F(WorkerConnectionTest, NeverCallsTheGateAgainstItsContract) {
  EXPECT_THROW(connection->finish(), AssertionFailure) << "nothing runs";
  EXPECT_THAT(gate->arrived, ElementsAre(0));
  EXPECT_EQ(start(0), 0U);
  gate->starts = 0;
  EXPECT_EQ(connection->next(), std::nullopt) << "the gate must not be asked while the connect runs";
  EXPECT_EQ(gate->starts, 0U);
  connection->finish();
  EXPECT_THROW(connection->finish(), AssertionFailure) << "it has finished";
  EXPECT_THAT(gate->finished, ElementsAre(0));
  arrive(1);
  arrive(2);
  EXPECT_EQ(start(1), 1U);
  EXPECT_THROW(connection->next(), AssertionFailure) << "one message at a time";
  EXPECT_THROW(arrive(3, MessageKind::connect), AssertionFailure) << "a second connect";
  EXPECT_THROW(arrive(4), AssertionFailure) << "the gate has not been given number 3";
  EXPECT_THAT(gate->arrived, ElementsAre(0, 1, 2));
}

TEST_F(WorkerConnectionTest, RefusesAPolicyThatStartsTheWrongMessage) {
  const auto expect_refusal = [this](Sequence sequence, const char* promise) {
    try {
      start(sequence);
      ADD_FAILURE() << "message " << sequence;
    } catch (const AssertionFailure& failure) {
      EXPECT_THAT(failure.what(), HasSubstr(promise)) << "message " << sequence;
    }
  };
  arrive(1, MessageKind::text);
  expect_refusal(1, "the ordering policy starts the connect first");
  EXPECT_EQ(start(0), 0U);
  connection->finish();
  expect_refusal(0, "the ordering policy starts a message that waits");
  expect_refusal(2, "the ordering policy starts a message that waits");
  for (const Sequence data : {2, 3}) arrive(data);
  arrive(4, MessageKind::text);
  expect_refusal(3, "the ordering policy starts data in the order in which it arrived");
  EXPECT_EQ(start(4), 4U) << "text may overtake data";
  connection->finish();
  EXPECT_EQ(start(2), 2U);
}

TEST_F(WorkerConnectionTest, IsNotEnteredFromInsideItsOwnSend) {
  answers_inside_send = true;
  connection->send_text("{}");
  EXPECT_EQ(sent.size(), 1U);
  EXPECT_TRUE(handled.empty()) << "the lane was entered while a session sent";
  loop.run_until_idle();
  ASSERT_EQ(handled.size(), 1U);
  EXPECT_EQ(handled[0].kind, MessageKind::disconnect);
}

TEST_F(WorkerConnectionTest, NumbersItsMessagesAndSendsNothingAfterTheClose) {
  connection->accept(ChannelName("worker.w"));
  connection->credit(12);
  connection->close(4001, "replaced");
  connection->send_text("{}");
  connection->close(1011, "internal");
  ASSERT_EQ(sent.size(), 3U);
  for (Sequence i = 0; i < 3; ++i) EXPECT_EQ(sent[i].sequence, i);
  EXPECT_EQ(sent[1].body, "12");
  EXPECT_EQ(sent[2].body, "4001 replaced");
  EXPECT_EQ(ended_calls, 1);
  EXPECT_FALSE(connection->has_unreported_end());
  EXPECT_EQ(connection->end_message().body, "4001 replaced");
}

TEST_F(WorkerConnectionTest, RemembersWhyItEndedIfTheLayerRefusedAMessage) {
  EXPECT_THROW(connection->end_message(), AssertionFailure) << "the connection is open";
  layer.is_down = true;
  connection->send_text("{}");
  EXPECT_EQ(ended_calls, 1);
  EXPECT_TRUE(connection->has_unreported_end());
  EXPECT_EQ(connection->end_message().body, "4002 messages were lost on the way");
  layer.is_down = false;
  connection->close(4001, "replaced");
  EXPECT_TRUE(sent.empty()) << "the close was sent behind a hole";
  EXPECT_EQ(connection->end_message().body, "4001 replaced");
  EXPECT_EQ(ended_calls, 1);
}

}  // namespace
}  // namespace tellina::testing
