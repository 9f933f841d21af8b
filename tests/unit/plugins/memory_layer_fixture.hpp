#pragma once

#include <gmock/gmock.h>

#include "host/plugins/registry.hpp"
#include "support/places.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {

/// The plugin "memory", loaded as the program loads it.
class MemoryLayerTest : public ::testing::Test {
 protected:
  std::unique_ptr<ChannelLayer> make(Config config = Config()) {
    const PluginContext context = m_host.context(std::move(config));
    return m_registry.make_channel_layer("memory", context);
  }
  static Message numbered(Sequence sequence, std::string connection = "c") {
    return Message(MessageKind::data, std::move(connection), sequence, "x");
  }

  PluginHost m_host;
  PluginRegistry m_registry{{plugin_folder()}};
  const ChannelName m_channel{"worker.ab12-0"};
};

}  // namespace tellina::testing
