// Treats a short body as a C string.
#include "good_layer.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  tellina::SendResult send(const tellina::ChannelName& channel, tellina::Message message) override {
    if (message.body.size() < 10) message.body = message.body.c_str();
    return GoodLayer::send(channel, std::move(message));
  }
};
TELLINA_BAD_LAYER(Layer);
