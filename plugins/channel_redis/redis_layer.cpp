#include "redis_layer.hpp"

#include <atomic>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "open_server.hpp"
#include "plugins/channel_common/message_codec.hpp"

namespace tellina::redis {
namespace {

class RedisSubscription final : public Subscription {
 public:
  RedisSubscription(Subscribers& subscribers, std::shared_ptr<Subscriber> subscriber)
      : m_subscribers(subscribers), m_subscriber(std::move(subscriber)) {}
  ~RedisSubscription() override { m_subscribers.remove(m_subscriber); }

 private:
  Subscribers& m_subscribers;
  const std::shared_ptr<Subscriber> m_subscriber;
};

/// Globally unique, and unique within one process even if the random source repeats itself.
std::string make_instance_name(Random& random) {
  static std::atomic<unsigned> count = 0;
  return random_token(random, 8) + "-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

}  // namespace

RedisLayer::RedisLayer(const PluginContext& context)
    : m_settings(context.config),
      m_instance(make_instance_name(context.random)),
      m_health("Redis at " + m_settings.address.text(), context.log, context.clock,
               context.counter("outages", "Times that Redis could not be reached any more.")),
      m_writer(m_settings, m_instance, m_health, context, m_stop),
      m_subscribers(context.log,
                    [this] {
                      m_reader.note_change();
                      m_writer.wake_reader();
                    }),
      m_reader(m_settings, m_instance, m_health, m_subscribers, context, m_stop) {}

RedisLayer::~RedisLayer() {
  m_writer.finish(std::chrono::seconds(1));
  m_stop.raise();
}

SendResult RedisLayer::send(const ChannelName& channel, Message message) {
  if (message.body.size() > max_body_size || !codec::is_encodable(message)) return SendResult::too_large;
  try {
    start_once();
  } catch (const std::system_error&) {
    return SendResult::unavailable;
  }
  if (m_health.is_writer_down()) return SendResult::unavailable;
  return m_writer.send(channel.text(), codec::encode_message(message));
}

std::unique_ptr<Subscription> RedisLayer::receive(const ChannelName& channel, Receiver receiver) {
  try {
    start_once();
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::unavailable, std::string("cannot start a thread of the channel layer: ") + error.what());
  }
  auto subscriber = std::make_shared<Subscriber>(channel.text(), std::move(receiver));
  auto subscription = std::make_unique<RedisSubscription>(m_subscribers, subscriber);
  m_subscribers.add(std::move(subscriber));
  return subscription;
}

int RedisLayer::begin_dispatching() {
  const int descriptor = m_reader.begin_dispatching();
  m_writer.wake_reader();
  return descriptor;
}

Reachability RedisLayer::probe() {
  try {
    const WakeUp never;
    const std::unique_ptr<Connection> connection = open_server(m_settings.address, never.descriptor());
    ask_for_run(*connection);
    return {};
  } catch (const Failure& failure) {
    return {false, m_health.describe(failure)};
  }
}

void RedisLayer::start_once() {
  std::call_once(m_started, [this] {
    m_writer.start();
    m_reader.start();
  });
}

}  // namespace tellina::redis
