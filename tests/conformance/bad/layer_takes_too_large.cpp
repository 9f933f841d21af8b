// Truncates a body above 1 MiB instead of refusing it.
#include "good_layer.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  tellina::SendResult send(const tellina::ChannelName& channel, tellina::Message message) override {
    if (message.body.size() > tellina::max_body_size) message.body.resize(tellina::max_body_size);
    return GoodLayer::send(channel, std::move(message));
  }
};
TELLINA_BAD_LAYER(Layer);
