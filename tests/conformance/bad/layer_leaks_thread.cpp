// Leaves a thread behind for each receiver.
#include <unistd.h>

#include <thread>

#include "good_layer.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  std::unique_ptr<tellina::Subscription> receive(const tellina::ChannelName& channel,
                                                 tellina::Receiver receiver) override {
    std::thread([] {
      for (;;) pause();
    }).detach();
    return GoodLayer::receive(channel, std::move(receiver));
  }
};
TELLINA_BAD_LAYER(Layer);
