#include <atomic>
#include <optional>

#include "redis_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Senders that number the messages that the layer accepts, until they are stopped.
class Senders {
 public:
  Senders(std::vector<ChannelLayer*> layers, ChannelName channel) : m_channel(std::move(channel)) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      m_threads.emplace_back([this, layer = layers[i], name = "s" + std::to_string(i)] {
        for (Sequence next = 0; !m_stop;) {
          if (layer->send(m_channel, Message(MessageKind::data, name, next, name)) == SendResult::accepted) {
            ++next;
            ++m_accepted;
          } else {
            ++m_refused;
          }
          std::this_thread::sleep_for(100us);  // a pace, because participants do not flood
        }
      });
    }
  }
  ~Senders() { stop(); }

  std::size_t stop() {
    m_stop = true;
    for (std::thread& thread : m_threads) thread.join();
    m_threads.clear();
    return m_accepted;
  }
  std::size_t refused() const { return m_refused; }

 private:
  const ChannelName m_channel;
  std::atomic<bool> m_stop = false;
  std::atomic<std::size_t> m_accepted = 0;
  std::atomic<std::size_t> m_refused = 0;
  std::vector<std::thread> m_threads;
};

class RedisFaultTest : public RedisLayerTest {
 protected:
  /// Returns true once messages have arrived for a while, and false if they do not arrive.
  static bool flows(const Receipts& receipts, std::chrono::milliseconds limit) {
    return receipts.wait_for(receipts.count() + 200, limit);
  }
  std::size_t lines_with(const std::string& part) const {
    std::size_t count = 0;
    for (const std::string& line : m_log.lines()) count += line.find(part) != std::string::npos;
    return count;
  }
};

TEST_F(RedisFaultTest, RedisThatRestartsEmptyDuplicatesAndReordersNothing) {
  const std::unique_ptr<ChannelLayer> layers[] = {make(), make(), make()};
  Receipts receipts;
  const auto subscription = layers[2]->receive(m_channel, receipts.receiver());
  Senders senders({layers[0].get(), layers[0].get(), layers[1].get(), layers[1].get()}, m_channel);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(flows(receipts, 5s)) << whole_log();
    server().kill();
    // Until the layer notices the outage, it accepts probes and sends them later.
    const std::string prober = "probe" + std::to_string(round);
    ASSERT_TRUE(eventually(3s, [&, probe = Sequence(0)]() mutable {
      return layers[0]->send(m_channel, numbered(probe++, prober)) == SendResult::unavailable;
    }));
    server().start();
    const auto back = steady_clock::now();
    ASSERT_TRUE(flows(receipts, 3s)) << whole_log();
    RecordProperty(
        "ms_to_flow_" + std::to_string(round),
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - back).count()));
  }
  senders.stop();
  EXPECT_GT(senders.refused(), 0u);
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
  EXPECT_GE(lines_with("is available again after"), 3u) << whole_log();
  EXPECT_LE(m_log.lines().size(), 100u) << whole_log();
}

TEST_F(RedisFaultTest, RedisThatKeepsItsDataDuplicatesAndReordersNothing) {
  RedisOptions options;
  options.keeps_data = true;
  m_server = std::make_unique<RedisServer>(options);
  const std::unique_ptr<ChannelLayer> layers[] = {make(), make()};
  Receipts receipts;
  const auto subscription = layers[1]->receive(m_channel, receipts.receiver());
  Senders senders({layers[0].get(), layers[0].get(), layers[0].get(), layers[0].get()}, m_channel);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(flows(receipts, 5s)) << whole_log();
    server().kill();
    server().start();
    ASSERT_TRUE(flows(receipts, 10s)) << whole_log();
  }
  senders.stop();
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
}

TEST_F(RedisFaultTest, MessagesThatRedisRestoresFromItsDiskAreNotDeliveredAgain) {
  const auto layer = make();
  const auto other = make();
  for (Sequence i = 0; i < 10; ++i) ASSERT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"LLEN", key()}) == "10"; }));
  ASSERT_EQ(server().command({"SAVE"}), "OK");
  Receipts receipts;
  const auto subscription = other->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(receipts.wait_for(10));
  const std::string old_key = key();
  server().kill();
  server().start();
  EXPECT_EQ(server().command({"LLEN", old_key}), "10");
  // The layer drops a message that it sent on the connection to the dead server.
  ASSERT_TRUE(eventually(10s, [&, next = Sequence(10)]() mutable {
    if (layer->send(m_channel, numbered(next)) == SendResult::accepted) ++next;
    return receipts.count() > 10;
  })) << whole_log();
  EXPECT_EQ(receipts.doubles(), 0u);
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_GT(std::stoi(server().command({"TTL", old_key})), 0);
}

TEST_F(RedisFaultTest, AServerThatClosesIdleConnectionsIsNotAnOutage) {
  RedisOptions options;
  options.more = {"--timeout", "1", "--hz", "100"};
  m_server = std::make_unique<RedisServer>(options);
  const auto layer = make();
  const auto other = make();
  Receipts receipts;
  const auto subscription = other->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  ASSERT_TRUE(receipts.wait_for(1));
  const auto connections = [&] {
    const std::string info = server().command({"INFO", "stats"});
    const std::string mark = "total_connections_received:";
    return std::stoul(info.substr(info.find(mark) + mark.size()));
  };
  const std::size_t before = connections();
  std::size_t asked = 0;  // each query is a connection, too
  ASSERT_TRUE(eventually(8s, [&] { return connections() - before >= ++asked + 2; })) << "a writer did not reconnect";
  for (Sequence i = 1; i < 4; ++i) ASSERT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
  ASSERT_TRUE(receipts.wait_for(4));
  EXPECT_EQ(lines_with("connected to Redis"), m_log.lines().size()) << whole_log();
}

TEST_F(RedisFaultTest, RedisThatHangsForFiveSecondsLosesNothing) {
  const std::unique_ptr<ChannelLayer> layers[] = {make(), make(), make()};
  Receipts receipts;
  const auto subscription = layers[2]->receive(m_channel, receipts.receiver());
  Senders senders({layers[0].get(), layers[0].get(), layers[1].get(), layers[1].get()}, m_channel);
  ASSERT_TRUE(flows(receipts, 5s));
  server().pause();
  const auto paused = steady_clock::now();
  const ChannelName probe("probe");
  const auto says = [&](SendResult result) {
    return [&, result] { return layers[0]->send(probe, numbered(0)) == result; };
  };
  EXPECT_TRUE(eventually(4s, says(SendResult::unavailable)));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(paused + 5s - steady_clock::now());
  EXPECT_FALSE(eventually(left, says(SendResult::accepted)));
  server().resume();
  ASSERT_TRUE(flows(receipts, 3s)) << whole_log();
  const std::size_t accepted = senders.stop();
  EXPECT_TRUE(receipts.wait_for(accepted, 5s)) << receipts.count() << " of " << accepted;
  EXPECT_EQ(receipts.count(), accepted);
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
  EXPECT_TRUE(has_logged("no reply for 2000 ms")) << whole_log();
}

TEST_F(RedisFaultTest, ClientsThatRedisPausesLoseNothing) {
  const std::unique_ptr<ChannelLayer> layers[] = {make(), make()};
  Receipts receipts;
  const auto subscription = layers[1]->receive(m_channel, receipts.receiver());
  Senders senders({layers[0].get(), layers[0].get()}, m_channel);
  ASSERT_TRUE(flows(receipts, 5s));
  server().command({"CLIENT", "PAUSE", "3000", "ALL"});
  ASSERT_TRUE(flows(receipts, 8s)) << whole_log();
  const std::size_t accepted = senders.stop();
  EXPECT_TRUE(receipts.wait_for(accepted, 5s)) << receipts.count() << " of " << accepted;
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
}

TEST_F(RedisFaultTest, ConnectionsThatAreCutRepeatedlyDuplicateAndReorderNothing) {
  const std::unique_ptr<ChannelLayer> layers[] = {make(), make()};
  Receipts receipts;
  const auto subscription = layers[1]->receive(m_channel, receipts.receiver());
  Senders senders({layers[0].get(), layers[0].get(), layers[0].get()}, m_channel);
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(receipts.wait_for(receipts.count() + 50, 5s)) << whole_log();
    server().command({"CLIENT", "KILL", "TYPE", "normal"});
  }
  ASSERT_TRUE(flows(receipts, 5s));
  senders.stop();
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
}

TEST_F(RedisFaultTest, WritersConnectionsThatAreCutLoseNothing) {
  const std::unique_ptr<ChannelLayer> layers[] = {make(), make()};
  Receipts receipts;
  const auto subscription = layers[1]->receive(m_channel, receipts.receiver());
  Senders senders({layers[0].get(), layers[0].get(), layers[0].get()}, m_channel);
  const auto cut_writers = [&] {
    std::istringstream clients(server().command({"CLIENT", "LIST"}));
    for (std::string line; std::getline(clients, line);) {
      if (line.find("cmd=blmpop") != std::string::npos || line.find("cmd=client") != std::string::npos) continue;
      server().command({"CLIENT", "KILL", "ID", line.substr(3, line.find(' ') - 3)});
    }
  };
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(receipts.wait_for(receipts.count() + 50, 5s)) << whole_log();
    cut_writers();
  }
  ASSERT_TRUE(flows(receipts, 5s));
  const std::size_t accepted = senders.stop();
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
  // A reader that was cut between two BLMPOPs lost at most one answer.
  EXPECT_TRUE(eventually(5s, [&] { return receipts.count() + 2000 >= accepted; }))
      << receipts.count() << " of " << accepted;
}

/// Messages sent on an abandoned connection must not be executed after their effect has been queried.
TEST_F(RedisFaultTest, AnAbandonedConnectionIsEndedBeforeItsMessagesAreQueried) {
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  for (Sequence i = 0; i < 3; ++i) {
    ASSERT_TRUE(send_surely(*layer, m_channel, numbered(i)));
    ASSERT_TRUE(receipts.wait_for(i + 1));
  }
  ASSERT_GT(server().calls_of("exec"), 2u);
  const std::uint64_t kills = server().calls_of("client|kill");
  server().pause();
  ASSERT_EQ(layer->send(m_channel, numbered(3)), SendResult::accepted);
  ASSERT_TRUE(eventually(5s, [&] { return has_logged("no reply for 2000 ms"); })) << whole_log();
  server().resume();
  ASSERT_TRUE(receipts.wait_for(4)) << whole_log();
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(4)));
  ASSERT_TRUE(receipts.wait_for(5));
  EXPECT_THAT(receipts.numbers(), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(server().calls_of("client|kill"), kills + 2)
      << "one for the old connection, and one that checks whether the writer may";
}

TEST_F(RedisFaultTest, WhatARedisThatWasEmptiedHasLostIsLoggedOnceForAllChannels) {
  const auto layer = make();
  std::vector<std::unique_ptr<Senders>> senders;
  // Each needs a receiver, or its channel would soon be full.
  std::vector<std::unique_ptr<Receipts>> receipts;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int i = 0; i < 20; ++i) {
    const ChannelName channel("emptied." + std::to_string(i));
    receipts.push_back(std::make_unique<Receipts>());
    subscriptions.push_back(layer->receive(channel, receipts.back()->receiver()));
    senders.push_back(std::make_unique<Senders>(std::vector<ChannelLayer*>{layer.get()}, channel));
  }
  for (const auto& one : receipts) ASSERT_TRUE(one->wait_for(50, 10s)) << whole_log();
  server().pause();
  ASSERT_TRUE(eventually(5s, [&] { return has_logged("no reply for 2000 ms"); })) << whole_log();
  // Redis executes this after it has read what it was sent before, and before it is asked what it has received.
  std::thread emptier([&] { server().command({"FLUSHALL"}); });
  server().resume();
  emptier.join();
  ASSERT_TRUE(eventually(10s, [&] { return has_logged("has lost its record"); })) << whole_log();
  for (const auto& one : receipts) ASSERT_TRUE(one->wait_for(one->count() + 50, 10s)) << whole_log();
  EXPECT_EQ(lines_with("has lost its record"), 1u) << whole_log();
}

TEST_F(RedisFaultTest, RedisThatIsAbsentAtTheStartIsFoundWhenItAppears) {
  server().kill();
  const auto layer = make();
  const auto other = make();
  Receipts receipts;
  const auto subscription = other->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(eventually(3s, [&] { return layer->send(m_channel, numbered(0)) == SendResult::unavailable; }));
  EXPECT_THAT(whole_log(), HasSubstr("Redis at redis://127.0.0.1:" + std::to_string(server().port()) +
                                     "/0: cannot connect: Connection refused; retrying until it answers"));
  server().start();
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(1, "later"), 3s));
  EXPECT_TRUE(eventually(3s, [&] {
    for (const Message& message : receipts.messages()) {
      if (message.connection == "later") return true;
    }
    return false;
  }));
}

TEST_F(RedisFaultTest, ALongAbsenceIsLoggedOnceForEachReason) {
  server().kill();
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(eventually(3s, [&] { return layer->send(m_channel, numbered(0)) == SendResult::unavailable; }));
  EXPECT_FALSE(eventually(1500ms, [&] { return layer->send(m_channel, numbered(0)) != SendResult::unavailable; }));
  EXPECT_EQ(m_log.lines().size(), 1u) << whole_log();
}

TEST_F(RedisFaultTest, TheLayerEndsQuicklyWhileRedisHangs) {
  auto layer = make();
  Receipts receipts;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int i = 0; i < 6; ++i) {
    subscriptions.push_back(layer->receive(ChannelName("c" + std::to_string(i)), receipts.receiver()));
  }
  ASSERT_TRUE(send_surely(*layer, ChannelName("c0"), numbered(0)));
  ASSERT_TRUE(receipts.wait_for(1));
  server().pause();
  layer->send(m_channel, numbered(1));
  const auto began = steady_clock::now();
  subscriptions.clear();
  layer.reset();
  EXPECT_LT(steady_clock::now() - began, 3s);
  server().resume();
}

TEST_F(RedisFaultTest, TheLayerEndsQuicklyWhileRedisIsUnavailableOrWasNeverUsed) {
  server().kill();
  auto layer = make();
  Receipts receipts;
  auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(eventually(3s, [&] { return layer->send(m_channel, numbered(0)) == SendResult::unavailable; }));
  const auto began = steady_clock::now();
  subscription.reset();
  layer.reset();
  make().reset();
  EXPECT_LT(steady_clock::now() - began, 1s);
}

TEST_F(RedisFaultTest, MessagesForAnAbsentRedisAreBoundedAndDroppedAfterTheExpiry) {
  const auto layer = make(Section().number("expiry", 1));
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"EXISTS", key()}) == "1"; }));
  server().pause();
  std::size_t taken = 0;
  ASSERT_TRUE(eventually(5s, [&] {
    const SendResult result = layer->send(m_channel, numbered(++taken));
    return result == SendResult::unavailable;
  }));
  EXPECT_FALSE(eventually(1500ms, [&] { return layer->send(m_channel, numbered(0)) == SendResult::accepted; }));
  server().resume();
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0, "later")));
  EXPECT_TRUE(eventually(5s, [&] {
    return has_logged(
        "pending messages were dropped because Redis was unavailable for longer than \"expiry\"; "
        "the affected connections are reset");
  })) << whole_log();
}

TEST_F(RedisFaultTest, FlushedScriptsAreLoadedAgain) {
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  for (Sequence i = 0; i < 10; ++i) {
    server().command({"SCRIPT", "FLUSH"});
    ASSERT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
    ASSERT_TRUE(receipts.wait_for(i + 1));
  }
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(lines_with("connected to Redis"), m_log.lines().size()) << whole_log();
}

}  // namespace
}  // namespace tellina::testing
