// Opens a pipe for each receiver and never closes it.
#include <fcntl.h>
#include <unistd.h>

#include "good_layer.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  std::unique_ptr<tellina::Subscription> receive(const tellina::ChannelName& channel,
                                                 tellina::Receiver receiver) override {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return nullptr;
    return GoodLayer::receive(channel, std::move(receiver));
  }
};
TELLINA_BAD_LAYER(Layer);
