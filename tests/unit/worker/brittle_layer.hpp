#pragma once

#include "tellina/channel_layer.hpp"

namespace tellina::testing {

/// A layer that may be temporarily unavailable.
class BrittleLayer final : public ChannelLayer {
 public:
  explicit BrittleLayer(ChannelLayer& layer) : m_layer(layer) {}
  SendResult send(const ChannelName& channel, Message message) override {
    return is_down ? SendResult::unavailable : m_layer.send(channel, std::move(message));
  }
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override {
    return m_layer.receive(channel, std::move(receiver));
  }
  bool is_process_local() const override { return m_layer.is_process_local(); }
  bool is_down = false;

 private:
  ChannelLayer& m_layer;
};

}  // namespace tellina::testing
