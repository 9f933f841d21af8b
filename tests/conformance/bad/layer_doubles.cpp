// Delivers number 450 twice.
#include "good_layer.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  tellina::SendResult send(const tellina::ChannelName& channel, tellina::Message message) override {
    if (message.sequence == 450) GoodLayer::send(channel, message);
    return GoodLayer::send(channel, std::move(message));
  }
};
TELLINA_BAD_LAYER(Layer);
