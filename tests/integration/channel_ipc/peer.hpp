#pragma once

/// The other processes of these tests: this program, run again as a sender or a receiver.

#include <string>
#include <vector>

#include "host/plugins/registry.hpp"
#include "host/runtime/system.hpp"
#include "support/places.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {

inline constexpr const char* be_peer_flag = "--peer";

/// A peer does as its mode says, talks in lines, and ends in order at the end of its input.
///
///   receive DIRECTORY CHANNEL               says "ready", then "SENDER SEQUENCE" of each message, with " damaged"
///                                           if its content is wrong; on "stop" it ends its subscription and says
///                                           "stopped", on "start" it begins a new one and says "ready"
///   send DIRECTORY CHANNEL NAME FIRST COUNT THREADS
///                                           sends from senders NAME0, NAME1, ..., says "sent"
///   flood DIRECTORY CHANNEL NAME            sends until it is killed; says "flooding"
///   echo DIRECTORY CHANNEL                  says "ready"; answers on the reply channel
///   hang DIRECTORY CHANNEL                  says "ready"; never returns from its first message, and then says
///   "hangs"
int be_peer(const std::vector<std::string>& arguments);

/// The plugin "ipc", as a process uses it.
class IpcPlugin {
 public:
  std::unique_ptr<ChannelLayer> make(Config config) {
    return m_registry.make_channel_layer("ipc", PluginContext(std::move(config), log, m_clock, m_random));
  }
  std::unique_ptr<ChannelLayer> make(const std::string& directory) {
    return make(config_with_text("directory", directory));
  }
  /// Gives the layer random numbers that another layer may get, too.
  std::unique_ptr<ChannelLayer> make_seeded(const std::string& directory, std::uint64_t seed) {
    SeededRandom& random = *m_seeded.emplace_back(std::make_unique<SeededRandom>(seed));
    const Config config = config_with_text("directory", directory);
    return m_registry.make_channel_layer("ipc", PluginContext(config, log, m_clock, random));
  }

  CollectingLog log;

 private:
  SystemClock m_clock;
  SystemRandom m_random;
  std::vector<std::unique_ptr<SeededRandom>> m_seeded;
  PluginRegistry m_registry{{plugin_folder()}};
};

}  // namespace tellina::testing
