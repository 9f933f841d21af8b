#pragma once

#include "borrowed.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina::bad {

inline constexpr char layer_schema[] =
    R"({"type": "object", "properties": {"capacity": {"type": "integer", "minimum": 1}}, "additionalProperties": false})";

/// The memory layer. A bad layer overrides the function that it breaks.
class GoodLayer : public ChannelLayer {
 public:
  explicit GoodLayer(const PluginContext& context) : m_layer(borrow<ChannelLayer>(MEMORY_PLUGIN, context)) {}

  SendResult send(const ChannelName& channel, Message message) override {
    return m_layer->send(channel, std::move(message));
  }
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override {
    return m_layer->receive(channel, std::move(receiver));
  }
  bool is_process_local() const override { return true; }

 private:
  std::unique_ptr<ChannelLayer> m_layer;
};

}  // namespace tellina::bad

#define TELLINA_BAD_LAYER(type_) TELLINA_PLUGIN(channel_layer, type_, "bad", "1.0.0", tellina::bad::layer_schema)
