#pragma once

/// The channel layer of a server that is one process: messages are moved in memory, most of them inside send().

#include <array>
#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "memory_channel.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina::memory {

/// A message goes to a receiver that subscribed on the sender's thread if there is one, else to the receivers in turn;
/// each receiver is called on the sender's thread, or on the thread that is delivering on that channel already.
/// Messages that waited for a first receiver are delivered to it inside receive(), before its subscription is returned.
class MemoryLayer final : public ChannelLayer {
 public:
  static constexpr std::int64_t default_capacity = 10'000;

  explicit MemoryLayer(const PluginContext& context);

  SendResult send(const ChannelName& channel, Message message) override;
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override;
  bool is_process_local() const override { return true; }

  /// For subscriptions that end: a channel that nobody uses takes no memory.
  void forget_if_idle(const std::shared_ptr<MemoryChannel>& channel);

 private:
  /// One of several maps, so that lookups of different channels do not meet at one lock.
  class Shard {
   public:
    std::shared_mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<MemoryChannel>> channels;
  };

  Shard& shard_of(const std::string& name);
  std::shared_ptr<MemoryChannel> find_or_make(const std::string& name);

  const std::size_t m_capacity;
  Log& m_log;
  std::array<Shard, 16> m_shards;
};

}  // namespace tellina::memory
