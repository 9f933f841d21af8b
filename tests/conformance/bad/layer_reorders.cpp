// Delivers each message numbered 1000 before its predecessor.
#include <optional>

#include "good_layer.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  tellina::SendResult send(const tellina::ChannelName& channel, tellina::Message message) override {
    if (message.sequence != 1000 && message.sequence != 1001) return GoodLayer::send(channel, std::move(message));
    if (message.sequence == 1000 && !m_held) {
      m_held = std::move(message);
      return tellina::SendResult::accepted;
    }
    const auto result = GoodLayer::send(channel, std::move(message));
    if (m_held) GoodLayer::send(channel, *std::exchange(m_held, std::nullopt));
    return result;
  }

 private:
  std::optional<tellina::Message> m_held;
};
TELLINA_BAD_LAYER(Layer);
