#include "channel_table.hpp"

namespace tellina::ipc {

std::shared_ptr<Channel> ChannelTable::find(const std::string& name) {
  Shard& shard = shard_of(name);
  std::shared_lock lock(shard.mutex);
  const auto found = shard.channels.find(name);
  return found == shard.channels.end() ? nullptr : found->second;
}

std::shared_ptr<Channel> ChannelTable::find_or_make(const std::string& name) {
  if (auto found = find(name)) return found;
  Shard& shard = shard_of(name);
  std::unique_lock lock(shard.mutex);
  std::shared_ptr<Channel>& channel = shard.channels[name];
  if (!channel) channel = std::make_shared<Channel>(name, m_exchange);
  return channel;
}

void ChannelTable::forget_if_idle(const std::shared_ptr<Channel>& channel) {
  Shard& shard = shard_of(channel->name());
  std::unique_lock lock(shard.mutex);
  if (!channel->retire_if_idle()) return;
  const auto found = shard.channels.find(channel->name());
  if (found != shard.channels.end() && found->second == channel) shard.channels.erase(found);
}

std::vector<std::shared_ptr<Channel>> ChannelTable::all() {
  std::vector<std::shared_ptr<Channel>> channels;
  for (Shard& shard : m_shards) {
    std::shared_lock lock(shard.mutex);
    for (const auto& [name, channel] : shard.channels) channels.push_back(channel);
  }
  return channels;
}

}  // namespace tellina::ipc
