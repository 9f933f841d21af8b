#include <atomic>
#include <optional>

#include "redis_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;

TEST_F(RedisLayerTest, CarriesEveryFieldAndEveryOctet) {
  const auto layer = make();
  const auto other = make();
  Receipts receipts;
  const auto subscription = other->receive(m_channel, receipts.receiver());
  Message message(MessageKind::request, "request-1", 0xfedcba9876543210, "");
  message.reply_channel = "gateway.1-0";
  for (int i = 0; i < 512; ++i) message.body.push_back(static_cast<char>(i));
  EXPECT_EQ(layer->send(m_channel, message), SendResult::accepted);
  ASSERT_TRUE(receipts.wait_for(1));
  const Message got = receipts.messages()[0];
  EXPECT_EQ(got.kind, MessageKind::request);
  EXPECT_EQ(got.connection, "request-1");
  EXPECT_EQ(got.sequence, 0xfedcba9876543210);
  EXPECT_EQ(got.reply_channel, "gateway.1-0");
  EXPECT_EQ(got.body, message.body);
}

TEST_F(RedisLayerTest, CarriesABodyOfOneMebibyteAndRefusesOneByteMore) {
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  Bytes body(max_body_size, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 + i / 256);
  EXPECT_EQ(layer->send(m_channel, Message(MessageKind::data, "c", 0, body)), SendResult::accepted);
  EXPECT_EQ(layer->send(m_channel, Message(MessageKind::data, "c", 1, body + "x")), SendResult::too_large);
  EXPECT_EQ(layer->send(m_channel, Message(MessageKind::data, std::string(70'000, 'c'), 1, "")), SendResult::too_large);
  EXPECT_EQ(layer->send(m_channel, numbered(2)), SendResult::accepted);
  ASSERT_TRUE(receipts.wait_for(2));
  EXPECT_EQ(receipts.messages()[0].body, body);
  EXPECT_THAT(receipts.numbers(), ElementsAre(0, 2));
}

TEST_F(RedisLayerTest, MessagesSentBeforeThereIsAReceiverWait) {
  const auto layer = make();
  for (Sequence i = 0; i < 1000; ++i) ASSERT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"LLEN", key()}) == "1000"; }));
  const auto other = make();
  Receipts receipts;
  const auto subscription = other->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(receipts.wait_for(1000));
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(server().command({"EXISTS", key()}), "0");
}

TEST_F(RedisLayerTest, MessagesOfManySendersAndSizesArriveCompleteAndInOrder) {
  const auto receiving = make();
  const std::unique_ptr<ChannelLayer> sending[] = {make(), make()};
  constexpr int senders = 8;
  constexpr Sequence each = 1500;
  const auto body_of = [](int sender, Sequence i) {
    const std::size_t size = i % 500 == 499 ? 300'000 : (i * 37 + static_cast<std::size_t>(sender)) % 4000;
    return Bytes(size, static_cast<char>(i + static_cast<Sequence>(sender)));
  };
  Receipts receipts;
  std::atomic<int> inside = 0;
  std::atomic<int> overlaps = 0;
  const auto subscription = receiving->receive(m_channel, [&](Message message) {
    if (inside.fetch_add(1) != 0) ++overlaps;
    receipts.note(std::move(message));
    inside.fetch_sub(1);
  });
  std::vector<std::thread> threads;
  for (int s = 0; s < senders; ++s) {
    threads.emplace_back([&, s] {
      for (Sequence i = 0; i < each; ++i) {
        EXPECT_TRUE(
            send_surely(*sending[s % 2], m_channel, Message(MessageKind::data, std::to_string(s), i, body_of(s, i))));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(receipts.wait_for(senders * each, 20s)) << receipts.count();
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
  EXPECT_EQ(overlaps, 0);
  for (const Message& message : receipts.messages()) {
    ASSERT_EQ(message.body, body_of(std::stoi(message.connection), message.sequence));
  }
}

TEST_F(RedisLayerTest, ReceiversOfTwoInstancesShareAChannelWithoutDuplicates) {
  const auto one = make();
  const auto two = make();
  const auto sending = make();
  Receipts receipts[4];
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int i = 0; i < 4; ++i) {
    subscriptions.push_back((i < 2 ? one : two)->receive(m_channel, receipts[i].receiver()));
  }
  constexpr Sequence total = 4000;
  Receipts all;
  for (Sequence i = 0; i < total; ++i) ASSERT_TRUE(send_surely(*sending, m_channel, numbered(i)));
  const auto count = [&] {
    std::size_t sum = 0;
    for (const Receipts& part : receipts) sum += part.count();
    return sum;
  };
  ASSERT_TRUE(eventually(10s, [&] { return count() == total; })) << count();
  for (const Receipts& part : receipts) {
    EXPECT_EQ(part.disorders(), 0u);
    for (const Message& message : part.messages()) all.note(message);
  }
  EXPECT_EQ(all.doubles(), 0u);
  // Within one instance strictly in turn; between instances as they request.
  EXPECT_NEAR(static_cast<double>(receipts[0].count()), static_cast<double>(receipts[1].count()), 1);
  EXPECT_NEAR(static_cast<double>(receipts[2].count()), static_cast<double>(receipts[3].count()), 1);
}

TEST_F(RedisLayerTest, AChannelNobodyReadsIsFullAtItsCapacityAndOthersAreNot) {
  const auto layer = make(Section().number("capacity", 100));
  Sequence taken = 0;
  ASSERT_TRUE(eventually(5s, [&] {
    const SendResult result = layer->send(m_channel, numbered(taken));
    if (result == SendResult::accepted) ++taken;
    return result == SendResult::full && server().command({"LLEN", key()}) == "100";
  }));
  while (layer->send(m_channel, numbered(taken)) == SendResult::accepted) ++taken;
  EXPECT_EQ(taken, 200u) << "the capacity counts once in Redis and once in this instance";
  EXPECT_EQ(layer->send(ChannelName("another"), numbered(0)), SendResult::accepted);
  EXPECT_EQ(server().command({"LLEN", key()}), "100");

  const auto other = make();
  Receipts receipts;
  const auto subscription = other->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(receipts.wait_for(taken));
  EXPECT_TRUE(send_surely(*layer, m_channel, numbered(taken)));
  ASSERT_TRUE(receipts.wait_for(taken + 1));
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
}

TEST_F(RedisLayerTest, TwoSendersTogetherDoNotExceedTheCapacity) {
  const std::unique_ptr<ChannelLayer> layers[] = {make(Section().number("capacity", 50)),
                                                  make(Section().number("capacity", 50))};
  for (Sequence i = 0; i < 50; ++i) {
    for (const auto& layer : layers) layer->send(m_channel, numbered(i));
  }
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"LLEN", key()}) == "50" && appends() >= 10; }));
  EXPECT_EQ(server().command({"LLEN", key()}), "50");
}

TEST_F(RedisLayerTest, RedisDropsAChannelThatNobodyReads) {
  const auto layer = make(Section().number("expiry", 1));
  ASSERT_EQ(layer->send(m_channel, numbered(0)), SendResult::accepted);
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"EXISTS", key()}) == "1"; }));
  EXPECT_LE(std::stoi(server().command({"PTTL", key()})), 1000);
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"EXISTS", key()}) == "0"; }));
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_EQ(layer->send(m_channel, numbered(1)), SendResult::accepted);
  ASSERT_TRUE(receipts.wait_for(1));
  EXPECT_THAT(receipts.numbers(), ElementsAre(1));
}

TEST_F(RedisLayerTest, EveryKeyOfOursExpires) {
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  layer->send(m_channel, numbered(0));
  layer->send(ChannelName("unread"), numbered(0));
  ASSERT_TRUE(receipts.wait_for(1));
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"EXISTS", key_of(ChannelName("unread"))}) == "1"; }));
  const std::string keys = server().command({"KEYS", "*"});
  std::istringstream lines(keys);
  for (std::string key; std::getline(lines, key);) {
    EXPECT_TRUE(key.starts_with("tellina:")) << key;
    // -1: it never expires; -2: it has expired since.
    EXPECT_NE(server().command({"TTL", key}), "-1") << key;
  }
}

TEST_F(RedisLayerTest, ABurstOfKeystrokesTakesFewRoundTrips) {
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  ASSERT_TRUE(receipts.wait_for(1));
  const std::uint64_t before = appends();
  for (Sequence i = 1; i <= 1000; ++i) ASSERT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
  ASSERT_TRUE(receipts.wait_for(1001));
  EXPECT_EQ(receipts.disorders(), 0u);
  const std::uint64_t commands = appends() - before;
  EXPECT_LT(commands, 200u);
  RecordProperty("commands_for_1000_keystrokes", std::to_string(commands));
}

TEST_F(RedisLayerTest, MessagesThatCertainlyFitAreAppendedWithoutTheScript) {
  const auto layer = make(Section().number("capacity", 100));
  Receipts receipts;
  {
    const auto subscription = layer->receive(m_channel, receipts.receiver());
    for (Sequence i = 0; i < 10; ++i) {
      ASSERT_TRUE(send_surely(*layer, m_channel, numbered(i)));
      ASSERT_TRUE(receipts.wait_for(i + 1));
    }
  }
  EXPECT_LT(server().calls_of("evalsha"), 10u)
      << "only the first batch, and batches after a pause of a second, need the script";
  EXPECT_GT(server().calls_of("exec"), 2u);
  EXPECT_EQ(receipts.disorders(), 0u);

  // The channel is half full: from now on the script checks how much room is left.
  const auto length = [&] { return std::stoul(server().command({"LLEN", key()})); };
  for (Sequence i = 10; i < 60; ++i) {
    ASSERT_TRUE(send_surely(*layer, m_channel, numbered(i)));
    ASSERT_TRUE(eventually(5s, [&] { return length() == i - 9; }));
  }
  const std::uint64_t transactions = server().calls_of("exec");
  for (Sequence i = 60; i < 120; ++i) ASSERT_TRUE(send_surely(*layer, m_channel, numbered(i)));
  ASSERT_TRUE(eventually(5s, [&] { return length() == 100; }));
  EXPECT_EQ(server().calls_of("exec"), transactions);
}

TEST_F(RedisLayerTest, NothingRunsWhileThereIsNoWork) {
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  ASSERT_TRUE(receipts.wait_for(1));
  const auto count = [&] { return appends() + server().calls_of("blmpop"); };
  // Redis counts the commands of the message itself after it has arrived.
  std::uint64_t before = 0;
  ASSERT_TRUE(eventually(5s, [&] {
    before = count();
    return !receipts.wait_for(2, 50ms) && count() == before;
  }));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(receipts.wait_for(2, 2s));
  const std::uint64_t commands = count() - before;
  // The reader asks again twice a second.
  const auto half_seconds = (std::chrono::steady_clock::now() - began) / 500ms;
  EXPECT_LE(commands, static_cast<std::uint64_t>(half_seconds) + 1);
}

TEST_F(RedisLayerTest, ForeignEntriesInAChannelAreLoggedAndSkipped) {
  const auto layer = make();
  const std::string good(
      "\x01\x01\0\x01\0\0\0\0\0\0\0\0\0\x05"
      "cx",
      16);
  server().command({"RPUSH", key(), "", "hello", std::string(200, '\xff'), std::string("\x01\x63", 2) + good.substr(2),
                    good.substr(0, 13), good, std::string("\x01\x01\xff\xff\xff\xff") + std::string(8, '\0') + "x"});
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(6)));
  ASSERT_TRUE(receipts.wait_for(2));
  EXPECT_THAT(receipts.numbers(), ElementsAre(5, 6));
  EXPECT_TRUE(eventually(5s, [&] {
    return has_logged(
        "channel worker.ab12-0: skipped 6 entries that are not messages (the first has 0 octets); "
        "does another program or another version use the \"prefix\" tellina?");
  })) << whole_log();
  const std::string before = whole_log();
  for (int i = 0; i < 20; ++i) {
    server().command({"RPUSH", key(), std::string(100, '\xff')});
    ASSERT_TRUE(send_surely(*layer, m_channel, numbered(static_cast<Sequence>(7 + i))));
    ASSERT_TRUE(receipts.wait_for(static_cast<std::size_t>(3 + i)));
  }
  EXPECT_EQ(whole_log(), before) << "more than one line a minute was logged";
}

TEST_F(RedisLayerTest, PasswordDatabaseAndPrefixSeparate) {
  RedisOptions options;
  options.password = "s3cret/@:%";
  options.more = {"--databases", "4"};
  m_server = std::make_unique<RedisServer>(options);
  const std::string at = "@127.0.0.1:" + std::to_string(m_server->port()) + "/3";
  const auto layer = make(Section().text("url", "redis://:s3cret%2F%40%3A%25" + at).text("prefix", "study:1"));
  const auto named = make(Section().text("url", "redis://default:s3cret%2F%40%3A%25" + at).text("prefix", "study:1"));
  const auto other_prefix = make(Section().text("url", "redis://:s3cret%2F%40%3A%25" + at));
  const std::string socket = "unix://:s3cret%2F%40%3A%25@" + m_server->socket_path();
  const auto other_database = make(Section().text("url", socket).text("prefix", "study:1"));
  Receipts receipts[4];
  const auto s0 = named->receive(m_channel, receipts[0].receiver());
  const auto s1 = other_prefix->receive(m_channel, receipts[1].receiver());
  const auto s2 = other_database->receive(m_channel, receipts[2].receiver());
  ASSERT_EQ(layer->send(m_channel, numbered(1)), SendResult::accepted);
  ASSERT_EQ(other_prefix->send(m_channel, numbered(2)), SendResult::accepted);
  ASSERT_EQ(other_database->send(m_channel, numbered(3)), SendResult::accepted);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(receipts[i].wait_for(1)) << whole_log();
  EXPECT_THAT(receipts[0].numbers(), ElementsAre(1));
  EXPECT_THAT(receipts[1].numbers(), ElementsAre(2));
  EXPECT_THAT(receipts[2].numbers(), ElementsAre(3));
}

TEST_F(RedisLayerTest, AcceptedMessagesAreSentBeforeTheLayerEnds) {
  auto layer = make();
  for (Sequence i = 0; i < 5000; ++i) ASSERT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
  layer.reset();
  EXPECT_EQ(server().command({"LLEN", key()}), "5000");
}

}  // namespace
}  // namespace tellina::testing
