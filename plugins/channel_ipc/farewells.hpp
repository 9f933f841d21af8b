#pragma once

/// Waiting until nothing more can come for a receiver that is about to go, or from a sender that is.

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <set>
#include <string>

#include "folder.hpp"

namespace tellina::ipc {

/// An instance that withdraws a channel hears from each other instance once that sends nothing more there. As the word
/// comes by the same way as the messages, those before it have been delivered. An instance that closes asks each other
/// for such a word, behind all that it has sent.
///
/// Threads: any.
class Farewells {
 public:
  class Farewell {
   public:
    Farewell(std::string channel_, std::set<InstanceId> awaited_)
        : channel(std::move(channel_)), awaited(std::move(awaited_)) {}
    const std::string channel;
    std::set<InstanceId> awaited;
  };
  using Handle = std::list<Farewell>::iterator;

  void joined(InstanceId id) {
    std::lock_guard lock(m_mutex);
    m_others.insert(id);
  }

  void left(InstanceId id) {
    std::lock_guard lock(m_mutex);
    m_others.erase(id);
    for (Farewell& farewell : m_farewells) farewell.awaited.erase(id);
    m_changed.notify_all();
  }

  /// Of all others. Before the channel is withdrawn.
  Handle begin(const std::string& channel) {
    std::lock_guard lock(m_mutex);
    return m_farewells.emplace(m_farewells.end(), channel, m_others);
  }
  /// Of some.
  Handle begin(const std::string& channel, std::set<InstanceId> awaited) {
    std::lock_guard lock(m_mutex);
    return m_farewells.emplace(m_farewells.end(), channel, std::move(awaited));
  }

  void heard(InstanceId id, const std::string& channel) {
    std::lock_guard lock(m_mutex);
    for (Farewell& farewell : m_farewells) {
      if (farewell.channel == channel) farewell.awaited.erase(id);
    }
    m_changed.notify_all();
  }

  bool is_over(Handle farewell) {
    std::lock_guard lock(m_mutex);
    return farewell->awaited.empty();
  }

  /// Returns when all have been heard or are gone, or after `limit`, as one of them may hang.
  void end(Handle farewell, std::chrono::milliseconds limit) {
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, limit, [&] { return farewell->awaited.empty(); });
    m_farewells.erase(farewell);
  }

 private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::set<InstanceId> m_others;
  std::list<Farewell> m_farewells;
};

}  // namespace tellina::ipc
