#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz/target.hpp"
#include "host/config/json_writer.hpp"
#include "host/runtime/files.hpp"
#include "plugins/channel_common/message_codec.hpp"
#include "plugins/channel_redis/open_server.hpp"

namespace tellina::fuzz {
namespace {

/// Listens on a unix socket, and sends each client what the target wants, without reading anything.
class Server {
 public:
  Server() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    FUZZ_EXPECT(bind(m_listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    FUZZ_EXPECT(listen(m_listener.get(), 8) == 0);
  }
  std::string path() const { return m_folder.file("socket"); }
  Descriptor say(BytesView reply) const {
    Descriptor connection(accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(connection.get(), SHUT_WR);
    return connection;
  }

 private:
  TemporaryFolder m_folder{"redis-fuzz"};
  Descriptor m_listener{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

std::size_t count_messages(const redisReply& reply, int depth = 0) {
  FUZZ_EXPECT(depth < 16);
  std::size_t messages = codec::decode_message(redis::text_of(reply)) ? 1 : 0;
  for (std::size_t i = 0; i < reply.elements; ++i) messages += count_messages(*reply.element[i], depth + 1);
  return messages;
}

}  // namespace

/// What a Redis server, or what stands in its place, answers.
FUZZ_TARGET(redis_reply) {
  static const Server server;
  redis::Address address;
  address.path = server.path();
  try {
    redis::Connection connection(address, -1);
    const Descriptor other = server.say(input);
    redis::ask_for_run(connection);
    for (int i = 0; i < 100; ++i) {
      connection.append({"BLMPOP"});
      if (const redisReply* reply = connection.peek()) redis::is_error(*reply);
      count_messages(*connection.read());
    }
  } catch (const redis::Failure& failure) {
    FUZZ_EXPECT(failure.kind != redis::Failure::Kind::stopped);
  }
}

}  // namespace tellina::fuzz
