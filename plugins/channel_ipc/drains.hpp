#pragma once

/// Waits until no more messages can arrive for a receiver that is leaving, or from a sender that is leaving.

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <set>
#include <string>

#include "folder.hpp"

namespace tellina::ipc {

/// When an instance withdraws a channel, each other instance sends it a frame `drained` after its last message on that
/// channel. The frame takes the same route as the messages, so all earlier ones have been delivered. An instance that
/// closes asks every other one for such a frame after its own last message.
///
/// Threads: any.
class Drains {
 public:
  class Drain {
   public:
    Drain(std::string channel_, std::set<InstanceId> awaited_)
        : channel(std::move(channel_)), awaited(std::move(awaited_)) {}
    const std::string channel;
    std::set<InstanceId> awaited;
  };
  using Handle = std::list<Drain>::iterator;

  void joined(InstanceId id) {
    std::lock_guard lock(m_mutex);
    m_others.insert(id);
  }

  void left(InstanceId id) {
    std::lock_guard lock(m_mutex);
    m_others.erase(id);
    for (Drain& drain : m_drains) drain.awaited.erase(id);
    m_changed.notify_all();
  }

  /// For all other instances. Call it before the channel is withdrawn.
  Handle begin(const std::string& channel) {
    std::lock_guard lock(m_mutex);
    return m_drains.emplace(m_drains.end(), channel, m_others);
  }
  /// For some instances.
  Handle begin(const std::string& channel, std::set<InstanceId> awaited) {
    std::lock_guard lock(m_mutex);
    return m_drains.emplace(m_drains.end(), channel, std::move(awaited));
  }

  void heard(InstanceId id, const std::string& channel) {
    std::lock_guard lock(m_mutex);
    for (Drain& drain : m_drains) {
      if (drain.channel == channel) drain.awaited.erase(id);
    }
    m_changed.notify_all();
  }

  bool is_over(Handle drain) {
    std::lock_guard lock(m_mutex);
    return drain->awaited.empty();
  }

  /// Returns when all have answered or are gone, or after `limit`, because one of them may hang.
  void end(Handle drain, std::chrono::milliseconds limit) {
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, limit, [&] { return drain->awaited.empty(); });
    m_drains.erase(drain);
  }

 private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::set<InstanceId> m_others;
  std::list<Drain> m_drains;
};

}  // namespace tellina::ipc
