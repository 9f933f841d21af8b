#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "exhaustion_fixture.hpp"
#include "support/redis_server.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

/// A client of Redis that stays connected.
class RedisClient {
 public:
  /// Connects. If the system refuses, the client is not connected, and errno has the error.
  explicit RedisClient(std::uint16_t port) : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    // Closes with a reset, so that the port is free at once.
    const linger at_once{1, 0};
    const timeval limit{5, 0};
    ::setsockopt(m_socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::setsockopt(m_socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    m_is_connected = ::connect(m_socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  bool is_connected() const { return m_is_connected; }
  /// The beginning of the reply to a command; "" if the connection ends instead.
  std::string command(const std::string& line) const {
    const std::string sent = line + "\r\n";
    std::array<char, 65536> reply{};
    if (::send(m_socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL) < 0) return "";
    const ssize_t size = ::recv(m_socket.get(), reply.data(), reply.size(), 0);
    return size > 0 ? std::string(reply.data(), static_cast<std::size_t>(size)) : "";
  }

 private:
  Descriptor m_socket;
  bool m_is_connected = false;
};

/// A network without other programs, for the thread that creates it and the processes that this thread starts.
class OwnNetwork {
 public:
  /// `ports`: how many ports the kernel may choose from for one end of a connection.
  explicit OwnNetwork(int ports) : m_before(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (!m_before || ::unshare(CLONE_NEWNET) != 0) fail("a network of its own: run this test as root");
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &loopback) != 0) fail("the loopback interface");
    std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
    if (!(range << "40000 " << 40000 + ports - 1 << std::flush)) fail("ip_local_port_range");
  }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;
  ~OwnNetwork() { ::setns(m_before.get(), CLONE_NEWNET); }

 private:
  const Descriptor m_before;
};

class RedisExhaustion : public Exhaustion {
 protected:
  StudyConfig study_over(const RedisServer& redis, int participants) const {
    StudyConfig config = study(participants);
    config.more = R"("workers": 2, "channel_layer": {"plugin": "redis", "url": ")" + redis.url() + "\"}, ";
    return config;
  }
  /// The numbers of all clients except `control`.
  static std::vector<std::string> clients(const RedisClient& control) {
    const std::string own = control.command("CLIENT ID").substr(1);
    std::vector<std::string> found;
    std::istringstream lines(control.command("CLIENT LIST"));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("id=")) continue;
      const std::string id = line.substr(3, line.find(' ') - 3);
      if (id != own.substr(0, own.find('\r'))) found.push_back(id);
    }
    return found;
  }
  /// While `take` holds all connections to Redis, the server loses its connections, and participants type.
  void expect_to_outlast(const RedisServer& redis, const std::function<void()>& take, const std::string& said) {
    const RedisClient control(redis.port());
    ASSERT_EQ(control.command("AUTH of-the-tests"), "+OK\r\n");
    const std::vector<std::string> of_the_server = clients(control);
    ASSERT_GE(of_the_server.size(), 3U);
    {
      const Taker taker(take);
      for (const std::string& id : of_the_server) control.command("CLIENT KILL ID " + id);
      for (Typist& typist : typists) typist.client().type("echo typed dur'ing'\r");
      EXPECT_TRUE(server_says(said));
    }
    for (Typist& typist : typists) {
      typist.client().reconnect(default_limit);
      typist.client().expect("typed during\r\n");
      typist.client().expect_prompt();
    }
    work(2);
    join_task(code(at_work)).run("echo I came when there were connections again");
    expect_nothing_lost();
  }
};

INSTANTIATE_TEST_SUITE_P(Layers, RedisExhaustion, ::testing::Values("redis"),
                         [](const auto& layer) { return std::string(layer.param); });

TEST_P(RedisExhaustion, OfConnectionsToRedis) {
  const RedisServer redis;
  start(study_over(redis, at_work + 1));
  begin_work();
  redis.command({"CONFIG", "SET", "maxclients", "100"});
  expect_to_outlast(
      redis,
      [&] {
        static std::vector<RedisClient> held;
        for (;;) {
          RedisClient client(redis.port());
          // Redis refuses a client before it asks for its password.
          if (client.command("PING").starts_with("-ERR max number of clients")) return;
          held.push_back(std::move(client));
        }
      },
      "max number of clients reached");
}

TEST_P(RedisExhaustion, OfPorts) {
  const OwnNetwork network(200);
  const RedisServer redis;
  start(study_over(redis, at_work + 1));
  begin_work();
  expect_to_outlast(
      redis,
      [&] {
        static std::vector<RedisClient> held;
        for (;;) {
          RedisClient client(redis.port());
          if (!client.is_connected() && errno == EADDRNOTAVAIL) return;
          if (!client.is_connected()) fail("connect to Redis");
          held.push_back(std::move(client));
        }
      },
      "Cannot assign requested address");
}

}  // namespace
}  // namespace tellina::testing
