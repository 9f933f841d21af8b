#include "unit/plugins/memory_layer_fixture.hpp"

#include <optional>
#include <stdexcept>
#include <thread>

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;

TEST_F(MemoryLayerTest, StaysWithinTheProcess) { EXPECT_TRUE(make()->is_process_local()); }

TEST_F(MemoryLayerTest, DeliversInsideSendOnTheSendersThread) {
  const auto layer = make();
  std::vector<Sequence> seen;
  std::thread::id called_on;
  const auto subscription = layer->receive(m_channel, [&](Message message) {
    seen.push_back(message.sequence);
    called_on = std::this_thread::get_id();
  });
  for (Sequence i = 0; i < 3; ++i) {
    EXPECT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
    EXPECT_EQ(seen.size(), i + 1);
  }
  EXPECT_THAT(seen, ElementsAre(0, 1, 2));
  EXPECT_EQ(called_on, std::this_thread::get_id());
}

TEST_F(MemoryLayerTest, CarriesEveryFieldAndEveryOctet) {
  const auto layer = make();
  std::optional<Message> got;
  const auto subscription = layer->receive(m_channel, [&](Message message) { got = std::move(message); });
  Message message(MessageKind::request, "request-1", 7, "");
  message.reply_channel = "gateway.1-0";
  for (int i = 0; i < 512; ++i) message.body.push_back(static_cast<char>(i));
  const Bytes body = message.body;
  EXPECT_EQ(layer->send(m_channel, std::move(message)), SendResult::accepted);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->kind, MessageKind::request);
  EXPECT_EQ(got->connection, "request-1");
  EXPECT_EQ(got->sequence, 7u);
  EXPECT_EQ(got->reply_channel, "gateway.1-0");
  EXPECT_EQ(got->body, body);
}

TEST_F(MemoryLayerTest, MovesABodyOfOneMebibyteAndRefusesOneByteMore) {
  const auto layer = make();
  std::optional<Message> got;
  const auto subscription = layer->receive(m_channel, [&](Message message) { got = std::move(message); });
  Message largest(MessageKind::data, "c", 0, Bytes(max_body_size, '\0'));
  const char* const place = largest.body.data();
  EXPECT_EQ(layer->send(m_channel, std::move(largest)), SendResult::accepted);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body.size(), max_body_size);
  EXPECT_EQ(got->body.data(), place);

  got.reset();
  EXPECT_EQ(layer->send(m_channel, Message(MessageKind::data, "c", 1, Bytes(max_body_size + 1, 'x'))),
            SendResult::too_large);
  EXPECT_FALSE(got);
}

TEST_F(MemoryLayerTest, KeepsMessagesForTheFirstReceiverUpToTheCapacity) {
  const auto layer = make(config_with_number("capacity", 3));
  for (Sequence i = 0; i < 3; ++i) EXPECT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
  EXPECT_EQ(layer->send(m_channel, numbered(3)), SendResult::full);
  EXPECT_EQ(layer->send(ChannelName("another"), numbered(0)), SendResult::accepted) << "each channel has its own room";
  std::vector<Sequence> seen;
  const auto subscription = layer->receive(m_channel, [&](Message message) { seen.push_back(message.sequence); });
  EXPECT_THAT(seen, ElementsAre(0, 1, 2));
  EXPECT_EQ(layer->send(m_channel, numbered(4)), SendResult::accepted);
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 4));
}

TEST_F(MemoryLayerTest, HoldsTenThousandMessagesByDefault) {
  const auto layer = make();
  for (Sequence i = 0; i < 10'000; ++i) ASSERT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
  EXPECT_EQ(layer->send(m_channel, numbered(10'000)), SendResult::full);
}

TEST_F(MemoryLayerTest, RefusesACapacityOfZero) {
  try {
    make(config_with_number("capacity", 0));
    FAIL() << "the layer was created";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "config: capacity: expected at least 1 message, got 0");
  }
}

TEST_F(MemoryLayerTest, ReceiversOfAChannelTakeTurns) {
  const auto layer = make();
  std::vector<int> takers;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int i = 0; i < 3; ++i) {
    subscriptions.push_back(layer->receive(m_channel, [&takers, i](Message) { takers.push_back(i); }));
  }
  for (Sequence i = 0; i < 6; ++i) layer->send(m_channel, numbered(i));
  EXPECT_THAT(takers, ElementsAre(0, 1, 2, 0, 1, 2));
  subscriptions.erase(subscriptions.begin());
  takers.clear();
  for (Sequence i = 0; i < 4; ++i) layer->send(m_channel, numbered(i));
  std::sort(takers.begin(), takers.end());
  EXPECT_THAT(takers, ElementsAre(1, 1, 2, 2));
}

TEST_F(MemoryLayerTest, PrefersTheReceiverOfTheSendersThread) {
  const auto layer = make();
  int here = 0;
  int there = 0;
  std::unique_ptr<Subscription> other;
  std::thread([&] { other = layer->receive(m_channel, [&](Message) { ++there; }); }).join();
  const auto own = layer->receive(m_channel, [&](Message) { ++here; });
  for (Sequence i = 0; i < 5; ++i) layer->send(m_channel, numbered(i));
  EXPECT_EQ(here, 5);
  EXPECT_EQ(there, 0);
}

TEST_F(MemoryLayerTest, AReceiversMessageToItsOwnChannelFollowsItsCall) {
  const auto layer = make();
  std::vector<Sequence> seen;
  int depth = 0;
  const auto subscription = layer->receive(m_channel, [&](Message message) {
    EXPECT_EQ(++depth, 1);
    seen.push_back(message.sequence);
    if (message.sequence < 1000) {
      EXPECT_EQ(layer->send(m_channel, numbered(message.sequence + 1)), SendResult::accepted);
    }
    --depth;
  });
  layer->send(m_channel, numbered(0));
  ASSERT_EQ(seen.size(), 1001u);
  EXPECT_EQ(seen.back(), 1000u);
}

TEST_F(MemoryLayerTest, TwoReceiversMayAnswerEachOther) {
  const auto layer = make();
  const ChannelName back("gateway.1-0");
  std::vector<Sequence> answers;
  const auto worker = layer->receive(m_channel, [&](Message message) { layer->send(back, std::move(message)); });
  const auto gateway = layer->receive(back, [&](Message message) {
    answers.push_back(message.sequence);
    if (message.sequence < 3) layer->send(m_channel, numbered(message.sequence + 1));
  });
  layer->send(m_channel, numbered(0));
  EXPECT_THAT(answers, ElementsAre(0, 1, 2, 3));
}

TEST_F(MemoryLayerTest, AFullChannelRefusesMessagesOfItsOwnReceiver) {
  const auto layer = make(config_with_number("capacity", 2));
  std::vector<SendResult> results;
  const auto subscription = layer->receive(m_channel, [&](Message message) {
    if (message.sequence != 0) return;
    for (Sequence i = 1; i <= 3; ++i) results.push_back(layer->send(m_channel, numbered(i)));
  });
  layer->send(m_channel, numbered(0));
  EXPECT_THAT(results, ElementsAre(SendResult::accepted, SendResult::accepted, SendResult::full));
}

TEST_F(MemoryLayerTest, AReceiverMayEndItsOwnSubscription) {
  const auto layer = make();
  std::vector<Sequence> seen;
  const auto held = std::make_shared<int>(1);
  std::unique_ptr<Subscription> subscription;
  subscription = layer->receive(m_channel, [&, held](Message message) {
    seen.push_back(message.sequence);
    layer->send(m_channel, numbered(message.sequence + 1));
    subscription.reset();
  });
  layer->send(m_channel, numbered(0));
  EXPECT_THAT(seen, ElementsAre(0));
  EXPECT_EQ(held.use_count(), 1) << "the receiver's captures were not released";
  const auto next = layer->receive(m_channel, [&](Message message) { seen.push_back(message.sequence); });
  EXPECT_THAT(seen, ElementsAre(0, 1)) << "the next receiver gets the messages that are left";
}

TEST_F(MemoryLayerTest, AReceiverThatThrowsIsLoggedAndAffectsNoOther) {
  const auto layer = make();
  int calls = 0;
  const auto subscription = layer->receive(m_channel, [&](Message) {
    if (++calls == 1) throw std::runtime_error("tripped");
  });
  EXPECT_EQ(layer->send(m_channel, numbered(0)), SendResult::accepted);
  EXPECT_EQ(layer->send(m_channel, numbered(1)), SendResult::accepted);
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(m_host.log.lines(),
              ElementsAre("channel worker.ab12-0: a receiver threw an exception, which the SDK forbids: tripped"));
}

}  // namespace
}  // namespace tellina::testing
