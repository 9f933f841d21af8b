#include "fuzz/reply_server.hpp"
#include "fuzz/target.hpp"
#include "plugins/channel_common/message_codec.hpp"
#include "plugins/channel_redis/open_server.hpp"

namespace tellina::fuzz {
namespace {

std::size_t count_messages(const redisReply& reply, int depth = 0) {
  FUZZ_EXPECT(depth < 16);
  std::size_t messages = codec::decode_message(redis::text_of(reply)) ? 1 : 0;
  for (std::size_t i = 0; i < reply.elements; ++i) messages += count_messages(*reply.element[i], depth + 1);
  return messages;
}

}  // namespace

/// Replies of a Redis server, or of another program at its address.
FUZZ_TARGET(redis_reply) {
  static const ReplyServer server;
  redis::Address address;
  address.path = server.path();
  try {
    redis::Connection connection(address, -1);
    const Descriptor accepted = server.accept();
    ReplyServer::reply(accepted, input);
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
