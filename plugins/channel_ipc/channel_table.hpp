#pragma once

/// All channels that this instance has heard of and not forgotten.

#include <array>
#include <shared_mutex>
#include <unordered_map>

#include "channel.hpp"

namespace tellina::ipc {

/// Threads: any.
class ChannelTable {
 public:
  explicit ChannelTable(const Exchange& exchange) : m_exchange(exchange) {}

  /// Null where there is none.
  std::shared_ptr<Channel> find(const std::string& name);
  std::shared_ptr<Channel> find_or_make(const std::string& name);

  /// A channel that nobody uses takes no memory.
  void forget_if_idle(const std::shared_ptr<Channel>& channel);

  std::vector<std::shared_ptr<Channel>> all();

 private:
  /// One of several maps, so that lookups of different channels do not meet at one lock.
  class Shard {
   public:
    std::shared_mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<Channel>> channels;
  };

  Shard& shard_of(const std::string& name) { return m_shards[std::hash<std::string>()(name) % m_shards.size()]; }

  const Exchange& m_exchange;
  std::array<Shard, 16> m_shards;
};

}  // namespace tellina::ipc
