#include "memory_layer.hpp"

#include <functional>
#include <mutex>
#include <utility>

namespace tellina::memory {
namespace {

class MemorySubscription final : public Subscription {
 public:
  MemorySubscription(MemoryLayer& layer, std::shared_ptr<MemoryChannel> channel, std::shared_ptr<Subscriber> subscriber)
      : m_layer(layer), m_channel(std::move(channel)), m_subscriber(std::move(subscriber)) {}

  ~MemorySubscription() override {
    m_channel->remove(m_subscriber);
    m_layer.forget_if_idle(m_channel);
  }

 private:
  MemoryLayer& m_layer;
  const std::shared_ptr<MemoryChannel> m_channel;
  const std::shared_ptr<Subscriber> m_subscriber;
};

std::size_t read_capacity(const Config& config) {
  const Config* capacity = config.find("capacity");
  if (!capacity) return static_cast<std::size_t>(MemoryLayer::default_capacity);
  if (capacity->as_integer() < 1) capacity->fail("expected at least 1 message, got " + capacity->describe());
  return static_cast<std::size_t>(capacity->as_integer());
}

}  // namespace

MemoryLayer::MemoryLayer(const PluginContext& context)
    : m_capacity(read_capacity(context.config)), m_log(context.log) {}

SendResult MemoryLayer::send(const ChannelName& channel, Message message) {
  if (message.body.size() > max_body_size) return SendResult::too_large;
  for (;;) {
    if (const auto result = find_or_make(channel.text())->send(message)) return *result;
  }
}

std::unique_ptr<Subscription> MemoryLayer::receive(const ChannelName& channel, Receiver receiver) {
  const auto subscriber = std::make_shared<Subscriber>(std::move(receiver), std::this_thread::get_id());
  for (;;) {
    const std::shared_ptr<MemoryChannel> found = find_or_make(channel.text());
    if (found->add(subscriber)) return std::make_unique<MemorySubscription>(*this, found, subscriber);
  }
}

MemoryLayer::Shard& MemoryLayer::shard_of(const std::string& name) {
  return m_shards[std::hash<std::string>()(name) % m_shards.size()];
}

std::shared_ptr<MemoryChannel> MemoryLayer::find_or_make(const std::string& name) {
  Shard& shard = shard_of(name);
  {
    std::shared_lock lock(shard.mutex);
    if (const auto found = shard.channels.find(name); found != shard.channels.end()) return found->second;
  }
  std::unique_lock lock(shard.mutex);
  std::shared_ptr<MemoryChannel>& channel = shard.channels[name];
  if (!channel) channel = std::make_shared<MemoryChannel>(name, m_capacity, m_log);
  return channel;
}

void MemoryLayer::forget_if_idle(const std::shared_ptr<MemoryChannel>& channel) {
  Shard& shard = shard_of(channel->name());
  std::unique_lock lock(shard.mutex);
  if (!channel->retire_if_idle()) return;
  const auto found = shard.channels.find(channel->name());
  if (found != shard.channels.end() && found->second == channel) shard.channels.erase(found);
}

}  // namespace tellina::memory
