#include "integration/channel_ipc/ipc_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;

TEST_F(IpcLayerTest, LeavesTheProcess) { EXPECT_FALSE(make()->is_process_local()); }

TEST_F(IpcLayerTest, CarriesEveryFieldAndEveryOctet) {
  const auto sender = make();
  const auto layer = make();
  std::promise<Message> arrival;
  const auto subscription = layer->receive(m_channel, [&](Message message) { arrival.set_value(std::move(message)); });
  Message message(MessageKind::request, "request-1", 0xfedcba9876543210, "");
  message.reply_channel = "gateway.1-0";
  for (int i = 0; i < 512; ++i) message.body.push_back(static_cast<char>(i));
  const Bytes body = message.body;
  EXPECT_EQ(sender->send(m_channel, std::move(message)), SendResult::accepted);
  auto arrived = arrival.get_future();
  ASSERT_EQ(arrived.wait_for(enough), std::future_status::ready);
  const Message got = arrived.get();
  EXPECT_EQ(got.kind, MessageKind::request);
  EXPECT_EQ(got.connection, "request-1");
  EXPECT_EQ(got.sequence, 0xfedcba9876543210);
  EXPECT_EQ(got.reply_channel, "gateway.1-0");
  EXPECT_EQ(got.body, body);
}

TEST_F(IpcLayerTest, RefusesABodyOverTheLimit) {
  const auto layer = make();
  EXPECT_EQ(layer->send(m_channel, Message(MessageKind::data, "c", 0, Bytes(max_body_size + 1, 'x'))),
            SendResult::too_large);
}

TEST_F(IpcLayerTest, ThreadsAndProcessesSendCompleteAndInOrder) {
  constexpr std::size_t each = 2000;
  const auto receiver = start_ready("receive", "worker.1");
  std::vector<std::unique_ptr<PeerProcess>> senders;
  for (const std::string name : {"a", "b", "big"}) {
    senders.push_back(start("send", "worker.1", {name, "0", std::to_string(each), "3"}));
  }
  ASSERT_TRUE(
      receiver->waits_until([&](const auto& lines) { return lines.size() > 9 * each; }, std::chrono::seconds(60)));
  const auto lines = receiver->lines();
  EXPECT_FALSE(is_damaged(lines));
  EXPECT_EQ(lines.size(), 9 * each + 1);
  for (const std::string name : {"a", "b", "big"}) {
    for (const char thread : {'0', '1', '2'})
      EXPECT_EQ(numbers_of(lines, name + thread), row(0, each)) << name << thread;
  }
  for (const auto& sender : senders) EXPECT_EQ(sender->finish(), 0);
  EXPECT_EQ(receiver->finish(), 0);
}

TEST_F(IpcLayerTest, ASenderReceivesItsOwnAndOthersMessagesInOrder) {
  const auto layer = make();
  ReceivedMessages book;
  const auto subscription = layer->receive(m_channel, book.receiver());
  const auto sender = start("send", "worker.1", {"other", "0", "5000", "1"});
  for (Sequence i = 0; i < 5000; ++i) {
    ASSERT_TRUE(eventually([&] { return layer->send(m_channel, numbered("own", i)) == SendResult::accepted; }));
  }
  ASSERT_TRUE(book.waits_for(10'000));
  EXPECT_EQ(book.faults(), 0u);
  EXPECT_EQ(book.of("own"), row(0, 5000));
  EXPECT_EQ(book.of("other0"), row(0, 5000));
}

TEST_F(IpcLayerTest, AReceiverMaySendInsideItsCall) {
  const auto here = make();
  const auto there = make();
  ReceivedMessages book;
  const ChannelName back("gateway.1");
  const auto answers = here->receive(back, book.receiver());
  const auto echo = there->receive(m_channel, [&](Message message) { there->send(back, std::move(message)); });
  for (Sequence i = 0; i < 100; ++i) EXPECT_EQ(here->send(m_channel, numbered("s", i)), SendResult::accepted);
  ASSERT_TRUE(book.waits_for(100));
  EXPECT_EQ(book.of("s"), row(0, 100));
}

TEST_F(IpcLayerTest, ABurstOfTenThousandIsAccepted) {
  const auto receiver = start_ready("receive", "worker.1");
  const auto layer = make();
  std::size_t accepted = 0;
  for (Sequence i = 0; i < 10'000; ++i) {
    if (layer->send(m_channel, numbered("burst", i)) == SendResult::accepted) ++accepted;
  }
  EXPECT_EQ(accepted, 10'000u);
  ASSERT_TRUE(receiver->waits_until([](const auto& lines) { return lines.size() > 10'000; }));
  EXPECT_EQ(numbers_of(receiver->lines(), "burst"), row(0, 10'000));
}

TEST_F(IpcLayerTest, ReceiversInSeveralProcessesShareWithoutDuplicates) {
  std::vector<std::unique_ptr<PeerProcess>> receivers;
  for (int i = 0; i < 3; ++i) receivers.push_back(start_ready("receive", "websocket.connect"));
  const auto layer = make();
  ReceivedMessages own;
  const auto subscription = layer->receive(ChannelName("websocket.connect"), own.receiver());
  const auto sender = start("send", "websocket.connect", {"s", "0", "4000", "1"});
  const auto total = [&] {
    std::size_t count = own.count();
    for (const auto& receiver : receivers) count += receiver->lines().size() - 1;
    return count;
  };
  ASSERT_TRUE(eventually([&] { return total() == 4000; })) << total();
  std::vector<Sequence> all = own.of("s0");
  EXPECT_EQ(own.faults(), 0u);
  EXPECT_GE(all.size(), 100u);
  for (const auto& receiver : receivers) {
    const auto share = numbers_of(receiver->lines(), "s0");
    EXPECT_TRUE(is_rising(share));
    EXPECT_GE(share.size(), 100u);
    all.insert(all.end(), share.begin(), share.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, row(0, 4000));
}

}  // namespace
}  // namespace tellina::testing
