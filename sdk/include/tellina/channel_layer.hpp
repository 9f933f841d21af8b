#pragma once

/// Carries messages between gateways and workers over named channels.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "tellina/message.hpp"
#include "tellina/plugin.hpp"

namespace tellina {

/// The result of ChannelLayer::send.
enum class SendResult {
  accepted,     ///< it will arrive once, unless the layer or the receiver dies first
  full,         ///< the channel is at its capacity; the message was not taken
  too_large,    ///< the body is over max_body_size; the message was not taken
  unavailable,  ///< the transport is down; the message was not taken
};

/// Its destructor ends the delivery of a channel to one receiver. When the destructor returns, no call of the receiver
/// runs or will start. If the receiver itself destroys the subscription, the running call is the last one.
class TELLINA_VISIBLE Subscription {
 public:
  Subscription() = default;
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  virtual ~Subscription() = default;
};

/// What ChannelLayer::probe() found.
class Reachability {
 public:
  Reachability() = default;
  Reachability(bool usable_, std::string reason_) : usable(usable_), reason(std::move(reason_)) {}
  bool usable = true;
  std::string reason;  ///< why not, and what to do about it: one sentence or several; empty if usable
};

/// Receives the next message of a channel. Must not block and must not throw; may call send(). It may be called before
/// receive() has returned, so it must not wait for its own Subscription.
using Receiver = std::function<void(Message)>;

/// Promises: the messages that one thread sends to one channel arrive in the order sent, each at most once.
/// Several receivers of one channel share its messages: each message goes to exactly one of them. A message
/// sent before there is a receiver waits in the channel, up to its capacity; a layer that uses a transport may drop it
/// after a minute or more. Messages that were delivered to a receiver that died are lost; a later receiver of the same
/// channel gets what is sent from then on. Instances of one plugin with equal settings, in one process or in
/// several, share their channels, unless is_process_local().
///
/// When a subscription ends, messages that the layer has already fetched for it may be lost, unless
/// is_process_local().
///
/// Each channel has a capacity of its own. A layer with a queue of its own before that of a server answers `full` while
/// either has no room, so `full` may last for a moment only.
///
/// The layer itself recovers from failures of its transport. Meanwhile send() returns `unavailable`, receivers stay
/// registered, and messages that were accepted and not yet delivered may be lost. No message is delivered twice. While
/// it is not known whether the transport is there, at first or because it hangs, send() may accept a limited number of
/// messages, or refuse them as `unavailable` or `full`.
///
/// The destructor need not send or deliver what waits. It ends within 5 s, also while the transport hangs. A layer with
/// nothing to do uses no processor.
///
/// Threads: every function except those of dispatching may be called from any thread, also from inside a Receiver.
/// Calls of one Receiver come one at a time; a Receiver may run inside send() or receive(), on the caller's thread.
/// Throws: nothing from send(). receive() throws Error(unavailable) if the transport cannot be set up.
class TELLINA_VISIBLE ChannelLayer : public Plugin {
 public:
  /// Never blocks. The body may contain any octets.
  virtual SendResult send(const ChannelName& channel, Message message) = 0;

  /// Starts delivery. Subscriptions must be destroyed before the layer.
  [[nodiscard]] virtual std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) = 0;

  /// True if messages never leave this process, so that gateway and worker must be in the same one.
  virtual bool is_process_local() const = 0;

  // Dispatching is optional: the layer receives on the thread of one of the host's event loops. This avoids waking
  // another thread between the transport and a receiver, which costs more than the transport itself.

  /// From now until end_dispatching(), dispatch() calls the receivers. Exception: a layer that recovers from a fault
  /// may call them on a thread of its own. Returns a descriptor that belongs to the layer, stays the same until
  /// end_dispatching(), and is readable whenever dispatch() has something to do. Returns -1 if the layer keeps its own
  /// threads, and then nothing changes. The host calls it after the first successful receive(). May wait for running
  /// calls of receivers. Throws Error(unavailable).
  virtual int begin_dispatching() { return -1; }

  /// Delivers some of the messages that have arrived and returns true: the host handles them before the next call.
  /// If none has arrived, does other work that is due and returns false; the host then waits for the descriptor. Never
  /// blocks and never throws. The host calls it on the thread of begin_dispatching(), at least once a second, even if
  /// there is nothing to do; never from inside a Receiver.
  virtual bool dispatch() { return false; }

  /// The host calls it on the same thread, before the layer's destructor. Then the layer's own threads receive again.
  virtual void end_dispatching() {}

  /// Returns whether the transport can be used now: whether its server answers and lets this configuration in. Takes
  /// 5 s at most, and leaves nothing behind. `tellina config check` and `tellina run` tell the researcher once what it
  /// found, and the conformance kit then runs no case. The server starts nevertheless, because a layer recovers from
  /// failures of its transport. Called before any other function. Throws Error, whose text counts as the reason.
  virtual Reachability probe() { return {}; }
};

TELLINA_BEGIN_LAYOUTS
template <>
struct PluginLayout<PluginKind::channel_layer> {
  static constexpr LayoutHash layout =
      plugin_layout.last(MessageKind::reply)
          .last(SendResult::unavailable)
          .type<Message>({offsetof(Message, kind), offsetof(Message, sequence), offsetof(Message, connection),
                          offsetof(Message, reply_channel), offsetof(Message, body)})
          .type<ChannelName>()
          .type<Receiver>()
          .type<Reachability>({offsetof(Reachability, usable), offsetof(Reachability, reason)})
          .type<std::unique_ptr<Subscription>>()
          .type<Subscription>()
          .type<ChannelLayer>();
};
TELLINA_END_LAYOUTS

}  // namespace tellina
