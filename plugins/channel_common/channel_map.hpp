#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace tellina {

/// A layer's channels by name. They are spread over several maps, so that lookups of different channels do not compete
/// for one lock.
///
/// `Channel` has name() and retire_if_idle(), which returns whether the channel is retired. A retired channel accepts
/// nothing more; the caller then asks this map again and gets a new channel. Threads: any.
template <class Channel>
class ChannelMap {
 public:
  using Make = std::function<std::shared_ptr<Channel>(const std::string& name)>;

  /// `make` is called while the lock of one of the maps is held.
  explicit ChannelMap(Make make) : m_make(std::move(make)) {}

  /// Null if there is none.
  std::shared_ptr<Channel> find(const std::string& name) {
    Shard& shard = shard_of(name);
    std::shared_lock lock(shard.mutex);
    const auto found = shard.channels.find(name);
    return found == shard.channels.end() ? nullptr : found->second;
  }

  std::shared_ptr<Channel> find_or_make(const std::string& name) {
    if (auto found = find(name)) return found;
    Shard& shard = shard_of(name);
    std::unique_lock lock(shard.mutex);
    std::shared_ptr<Channel>& channel = shard.channels[name];
    if (!channel) channel = m_make(name);
    return channel;
  }

  /// Frees the memory of a channel that nobody uses.
  void forget_if_idle(const std::shared_ptr<Channel>& channel) {
    Shard& shard = shard_of(channel->name());
    std::unique_lock lock(shard.mutex);
    if (!channel->retire_if_idle()) return;
    const auto found = shard.channels.find(channel->name());
    if (found != shard.channels.end() && found->second == channel) shard.channels.erase(found);
  }

  std::vector<std::shared_ptr<Channel>> all() {
    std::vector<std::shared_ptr<Channel>> channels;
    for (Shard& shard : m_shards) {
      std::shared_lock lock(shard.mutex);
      for (const auto& [name, channel] : shard.channels) channels.push_back(channel);
    }
    return channels;
  }

 private:
  class Shard {
   public:
    std::shared_mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<Channel>> channels;
  };

  Shard& shard_of(const std::string& name) { return m_shards[std::hash<std::string>()(name) % m_shards.size()]; }

  const Make m_make;
  std::array<Shard, 16> m_shards;
};

}  // namespace tellina
