#pragma once

#include <utility>

#include "host/runtime/loop_inbox.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina {

/// Sends a lane's messages. A layer may call receivers inside send(), and a receiver may send messages back (a gateway
/// ends a connection, or forwards waiting input). The lane must not handle these inside the sender, so its inbox is
/// held during send().
///
/// Threads: the loop's.
class Outbox {
 public:
  Outbox(ChannelLayer& layer, LoopInbox& inbox) : m_layer(layer), m_inbox(inbox) {}

  SendResult send(const ChannelName& channel, Message message) {
    const LoopInbox::Hold hold(m_inbox);
    return m_layer.send(channel, std::move(message));
  }

 private:
  ChannelLayer& m_layer;
  LoopInbox& m_inbox;
};

}  // namespace tellina
