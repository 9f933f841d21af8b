#pragma once

#include <string>
#include <string_view>

namespace tellina::redis {

/// The names of our keys in one run of a Redis server.
///
/// A restarted server may restore messages from its disk or a replica that were delivered before the restart. Their
/// keys belong to an earlier run, so nobody reads them, and they expire.
class Keys {
 public:
  Keys() = default;
  Keys(const std::string& prefix, std::string_view run, const std::string& instance)
      : m_start(prefix + ":" + std::string(run.substr(0, 12)) + ":"), m_instance(instance) {}

  std::string channel(const std::string& name) const { return channel_prefix() + name; }
  std::string channel_prefix() const { return m_start + "channel:"; }
  /// The key of the mark: how many batches of this instance the channel has received.
  std::string mark(const std::string& channel) const { return m_start + "sender:" + m_instance + ":" + channel; }
  std::string wake() const { return m_start + "wake:" + m_instance; }

 private:
  std::string m_start;
  std::string m_instance;
};

}  // namespace tellina::redis
