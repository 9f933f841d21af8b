// Waits for room in a full channel.
#include <chrono>
#include <thread>

#include "good_layer.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  tellina::SendResult send(const tellina::ChannelName& channel, tellina::Message message) override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    tellina::SendResult result = GoodLayer::send(channel, message);
    while (result == tellina::SendResult::full && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      result = GoodLayer::send(channel, message);
    }
    return result;
  }
};
TELLINA_BAD_LAYER(Layer);
