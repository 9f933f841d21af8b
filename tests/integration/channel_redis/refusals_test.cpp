#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

#include "redis_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RedisRefusalTest : public RedisLayerTest {
 protected:
  /// Uses the layer until it reports that it cannot send; returns the log.
  std::string log_of_refusal(ChannelLayer& layer) {
    const auto subscription = layer.receive(m_channel, [](Message) {});
    EXPECT_TRUE(eventually(5s, [&] { return layer.send(m_channel, numbered(0)) == SendResult::unavailable; }));
    EXPECT_TRUE(eventually(5s, [&] { return !whole_log().empty(); }));
    return whole_log();
  }
  std::string address(int database = 0) {
    return "Redis at redis://127.0.0.1:" + std::to_string(server().port()) + "/" + std::to_string(database) + ": ";
  }
  void use_password() {
    RedisOptions options;
    options.password = "secret";
    m_server = std::make_unique<RedisServer>(options);
  }
};

TEST_F(RedisRefusalTest, NoPasswordIfOneIsRequired) {
  use_password();
  const auto layer = make(Section()
                              .text("url", "redis://127.0.0.1:" + std::to_string(server().port()))
                              .flag("i_know_anyone_can_type", true));
  EXPECT_THAT(log_of_refusal(*layer),
              HasSubstr(address() + "NOAUTH Authentication required.; it requires a password: write "
                                    "\"redis://:PASSWORD@HOST\" in \"url\"; retrying until it answers"));
}

TEST_F(RedisRefusalTest, AWrongPasswordIsNamedButNotShown) {
  use_password();
  const auto layer = make(Section().text("url", "redis://:guess@127.0.0.1:" + std::to_string(server().port())));
  const std::string log = log_of_refusal(*layer);
  EXPECT_THAT(log, HasSubstr(address() + "WRONGPASS invalid username-password pair or user is disabled.; correct user "
                                         "and password in \"url\""));
  EXPECT_THAT(log, Not(HasSubstr("guess")));
}

TEST_F(RedisRefusalTest, APasswordIfNoneIsSet) {
  RedisOptions options;
  options.password.clear();
  m_server = std::make_unique<RedisServer>(options);
  const auto layer = make(Section().text("url", "redis://:guess@127.0.0.1:" + std::to_string(server().port())));
  EXPECT_THAT(log_of_refusal(*layer), HasSubstr("it has no password: remove \":PASSWORD@\" from \"url\""));
}

TEST_F(RedisRefusalTest, AMissingDatabase) {
  const auto layer = make(Section().text("url", server().url(999)));
  EXPECT_THAT(log_of_refusal(*layer), HasSubstr(address(999) + "ERR DB index is out of range; choose another database "
                                                               "number at the end of \"url\""));
}

TEST_F(RedisRefusalTest, AReplicaThatRefusesWritesUntilItBecomesAMaster) {
  server().command({"REPLICAOF", "127.0.0.1", "1"});
  server().command({"CONFIG", "SET", "replica-serve-stale-data", "yes"});
  const auto layer = make();
  EXPECT_THAT(log_of_refusal(*layer), HasSubstr("; it is a replica: name the master in \"url\""));
  server().command({"REPLICAOF", "NO", "ONE"});
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  EXPECT_TRUE(send_surely(*layer, m_channel, numbered(1)));
  EXPECT_TRUE(receipts.wait_for(1));
}

TEST_F(RedisRefusalTest, NoMemoryLeft) {
  server().command({"CONFIG", "SET", "maxmemory", "1"});
  const auto layer = make();
  EXPECT_THAT(log_of_refusal(*layer), HasSubstr("; it has reached its maxmemory: raise the limit, or free memory"));
  server().command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(send_surely(*layer, m_channel, numbered(1)));
}

TEST_F(RedisRefusalTest, MemoryThatRunsOutLosesAndDuplicatesNothing) {
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  ASSERT_TRUE(receipts.wait_for(1));
  server().command({"CONFIG", "SET", "maxmemory", "1"});
  Sequence next = 1;
  ASSERT_TRUE(eventually(5s, [&] {
    const SendResult result = layer->send(m_channel, numbered(next));
    if (result == SendResult::accepted) ++next;
    return result == SendResult::unavailable;
  }));
  server().command({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(next)));
  EXPECT_TRUE(receipts.wait_for(next + 1));
  EXPECT_EQ(receipts.disorders(), 0u);
  EXPECT_EQ(receipts.doubles(), 0u);
  EXPECT_EQ(receipts.count(), next + 1);
}

TEST_F(RedisRefusalTest, AMissingCommand) {
  RedisOptions options;
  options.more = {"--rename-command", "BLMPOP", ""};
  m_server = std::make_unique<RedisServer>(options);
  const auto layer = make();
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  EXPECT_TRUE(eventually(5s, [&] { return has_logged("Redis 7.0 or newer is needed"); })) << whole_log();
}

TEST_F(RedisRefusalTest, AUserWithFewRightsSendsAndReceives) {
  server().command({"ACL", "SETUSER", "tellina", "on", ">pw", "~tellina:*", "-@all", "+blmpop", "+lmpop", "+lpush",
                    "+rpush", "+llen", "+pexpire", "+get", "+set", "+type", "+evalsha", "+script|load", "+info"});
  const auto layer = make(Section().text("url", "redis://tellina:pw@127.0.0.1:" + std::to_string(server().port())));
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  EXPECT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  EXPECT_TRUE(receipts.wait_for(1)) << whole_log();
  EXPECT_EQ(whole_log().find("warning"), std::string::npos);
  EXPECT_EQ(server().calls_of("multi"), 0u);
  server().command({"ACL", "SETUSER", "tellina", "-evalsha"});
  EXPECT_TRUE(eventually(
      5s, [&] { return layer->send(m_channel, numbered(1)) == SendResult::unavailable || has_logged("NOPERM"); }));
  EXPECT_TRUE(eventually(5s, [&] { return has_logged("give its user the permissions that the documentation"); }))
      << whole_log();
}

TEST_F(RedisRefusalTest, ARevokedRightToTransactionsLosesAndDuplicatesNothing) {
  server().command({"ACL", "SETUSER", "tellina", "on", ">pw", "~tellina:*", "+@all"});
  const auto layer = make(Section().text("url", "redis://tellina:pw@127.0.0.1:" + std::to_string(server().port())));
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  Sequence next = 0;
  const auto send = [&] {
    ASSERT_TRUE(send_surely(*layer, m_channel, numbered(next++)));
    ASSERT_TRUE(receipts.wait_for(next)) << whole_log();
  };
  for (int i = 0; i < 3; ++i) send();
  ASSERT_GT(server().calls_of("exec"), 2u);
  server().command({"ACL", "SETUSER", "tellina", "-multi"});
  for (int i = 0; i < 3; ++i) send();
  EXPECT_TRUE(has_logged("NOPERM")) << whole_log();
  EXPECT_EQ(receipts.doubles(), 0u);
  EXPECT_EQ(receipts.disorders(), 0u);
}

TEST_F(RedisRefusalTest, AKeyThatBecomesSomethingElseStopsOnlyItsChannel) {
  const auto layer = make();
  ASSERT_TRUE(send_surely(*layer, m_channel, numbered(0)));
  ASSERT_TRUE(eventually(5s, [&] { return server().command({"LLEN", key()}) == "1"; }));
  server().command({"SET", key(), "mine"});
  ASSERT_EQ(layer->send(m_channel, numbered(1)), SendResult::accepted);
  EXPECT_TRUE(eventually(5s, [&] { return has_logged("(key " + key() + "); another program uses the key"); }))
      << whole_log();
  EXPECT_EQ(server().calls_of("exec"), 3u) << "two for the writer's checks, and one that found no list";
  server().command({"DEL", key()});
  Receipts receipts;
  const auto subscription = layer->receive(m_channel, receipts.receiver());
  ASSERT_TRUE(receipts.wait_for(1)) << whole_log();
  EXPECT_THAT(receipts.numbers(), ElementsAre(1));
}

TEST_F(RedisRefusalTest, AChannelsKeyOfAnotherTypeStopsOnlyThatChannel) {
  const auto layer = make();
  Receipts bad;
  Receipts good;
  const ChannelName other("other");
  server().command({"SET", key(), "mine"});
  const auto first = layer->receive(m_channel, bad.receiver());
  const auto second = layer->receive(other, good.receiver());
  for (Sequence i = 0; i < 3; ++i) {
    ASSERT_EQ(layer->send(m_channel, numbered(i)), SendResult::accepted);
    ASSERT_EQ(layer->send(other, numbered(i)), SendResult::accepted);
    ASSERT_TRUE(good.wait_for(i + 1)) << whole_log();
  }
  EXPECT_TRUE(eventually(5s, [&] {
    return has_logged("key " + key() +
                      " holds a string, expected a list: another program uses it; delete the key, or "
                      "choose another \"prefix\"") &&
           has_logged("script");
  })) << whole_log();
  EXPECT_THAT(whole_log(), HasSubstr("(key " + key() +
                                     "); another program uses the key: choose another \"prefix\", or "
                                     "delete the key"));
  server().command({"DEL", key()});
  ASSERT_TRUE(bad.wait_for(3)) << whole_log();
  EXPECT_EQ(bad.disorders(), 0u);
  EXPECT_EQ(bad.doubles(), 0u);
}

/// Accepts connections one after another on a unix socket, sends one text on each, and waits until it is closed.
class FixedReplyServer {
 public:
  FixedReplyServer(std::string path, std::string words) : m_words(std::move(words)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    m_socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(m_socket, 8), 0);
    m_thread = std::thread([this] { run(); });
  }
  ~FixedReplyServer() {
    ::shutdown(m_socket, SHUT_RDWR);
    m_thread.join();
    ::close(m_socket);
  }

 private:
  void run() {
    for (;;) {
      const int peer = ::accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) return;
      ::send(peer, m_words.data(), m_words.size(), MSG_NOSIGNAL);
      char ignored[1024];
      while (::recv(peer, ignored, sizeof ignored, 0) > 0) continue;
      ::close(peer);
    }
  }

  const std::string m_words;
  int m_socket = -1;
  std::thread m_thread;
};

TEST_F(RedisRefusalTest, SomethingThatIsNotRedis) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "socket").string();
  const FixedReplyServer speaker(path, "HTTP/1.1 400 Bad Request\r\n\r\n");
  const auto layer = make(Section().text("url", "unix://" + path));
  const std::string log = log_of_refusal(*layer);
  EXPECT_THAT(log, HasSubstr("Redis at unix://" + path + ": the connection broke: Protocol error, got \"H\""));
  EXPECT_THAT(log, HasSubstr("; the other end is not a Redis server, or expects TLS: then write \"rediss://\"; "
                             "retrying until it answers"));
}

TEST_F(RedisRefusalTest, ARedisThatIsTooOld) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "socket").string();
  const std::string info = "# Server\r\nredis_version:6.2.14\r\nrun_id:ab\r\n";
  const FixedReplyServer speaker(path, "$" + std::to_string(info.size()) + "\r\n" + info + "\r\n");
  const auto layer = make(Section().text("url", "unix://" + path));
  EXPECT_THAT(log_of_refusal(*layer), HasSubstr("Redis \"6.2.14\" is too old: expected 7.0 or newer (for BLMPOP)"));
}

TEST_F(RedisRefusalTest, SomethingThatNeverAnswers) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "socket").string();
  const FixedReplyServer speaker(path, "");
  const auto layer = make(Section().text("url", "unix://" + path));
  EXPECT_THAT(log_of_refusal(*layer), HasSubstr("no reply for 2000 ms"));
}

TEST_F(RedisRefusalTest, NothingAtAPath) {
  const auto layer = make(Section().text("url", "unix:///nowhere/redis.sock"));
  EXPECT_THAT(log_of_refusal(*layer),
              HasSubstr("Redis at unix:///nowhere/redis.sock: cannot connect: No such file or directory"));
}

TEST_F(RedisRefusalTest, AHostThatIsNotFound) {
  const auto layer = make(Section().text("url", "redis://:secret@nowhere.invalid"));
  EXPECT_THAT(log_of_refusal(*layer),
              HasSubstr("Redis at redis://nowhere.invalid:6379/0: the host \"nowhere.invalid\" was not found: "));
}

}  // namespace
}  // namespace tellina::testing
