#pragma once

/// Carries messages between gateways and workers over named channels.

#include <functional>
#include <memory>

#include "tellina/message.hpp"
#include "tellina/plugin.hpp"

namespace tellina {

/// What became of a message that was given to ChannelLayer::send.
enum class SendResult {
  accepted,     ///< it will arrive once, unless the layer or the receiver dies first
  full,         ///< the channel is at its capacity; the message was not taken
  too_large,    ///< the body is over max_body_size; the message was not taken
  unavailable,  ///< the transport is down; the message was not taken
};

/// Ends the delivery of a channel to one receiver when it is destroyed. When the destructor returns, no call of
/// the receiver is running or will start (unless the receiver itself destroys it: then it is the last call).
class TELLINA_VISIBLE Subscription {
 public:
  Subscription() = default;
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  virtual ~Subscription() = default;
};

/// Takes the next message of a channel. Must not block and must not throw; may call send().
using Receiver = std::function<void(Message)>;

/// Promises: the messages that one thread sends to one channel arrive in the order sent, each at most once.
/// Several receivers of one channel share its messages: each message goes to exactly one of them. A message
/// sent before anybody receives waits in the channel, up to its capacity; a layer that goes over a transport may drop
/// it after a minute or more. What a receiver that died had been given is lost; a receiver that comes later, on the
/// same channel, gets what is sent from then on. Instances of one plugin with equal settings, in one process or in
/// several, share their channels, unless is_process_local().
///
/// A transport that fails is the layer's to mend: send() says `unavailable` meanwhile, the receivers stay, and what
/// was taken and not delivered yet may be lost. Nothing is delivered twice.
///
/// Threads: every function may be called from any thread, from inside a Receiver too, but for those of dispatching.
/// Calls of one Receiver come one at a time; a Receiver may run inside send(), on the sender's thread.
/// Throws:  nothing from send(); receive() throws Error(unavailable) where the transport cannot be set up.
class TELLINA_VISIBLE ChannelLayer : public Plugin {
 public:
  /// Never blocks. The body may hold any octets.
  virtual SendResult send(const ChannelName& channel, Message message) = 0;

  /// Starts delivery. Subscriptions must end before the layer does.
  [[nodiscard]] virtual std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) = 0;

  /// True where messages never leave this process, so that gateway and worker must share it.
  virtual bool is_process_local() const = 0;

  // Dispatching: an event loop of the host's lends its thread to the layer's receiving, so that no other thread has to
  // be woken between the transport and a receiver, which costs more than a transport itself. A layer need not offer it.

  /// From here to end_dispatching() receivers are called by dispatch(), but for what a layer that recovers from a fault
  /// has to do on a thread of its own. Returns a descriptor that stays the layer's and the same until then, and is
  /// readable whenever dispatch() has something to do; or -1 where the layer has threads of its own all the same, and
  /// nothing changes. Called once the first receive() has succeeded. May wait for calls of receivers that are running.
  /// Throws Error(unavailable).
  virtual int begin_dispatching() { return -1; }

  /// Hands over some of what has come and returns true: what the host does with it comes first, then the next call.
  /// Where nothing has come, does what else is due and returns false; the host waits for the descriptor then. Never
  /// blocks, throws nothing. Called on the thread of begin_dispatching(), also with nothing to do, and at least once a
  /// second; not from inside a Receiver.
  virtual bool dispatch() { return false; }

  /// On the same thread, before the layer ends. The layer goes on by itself.
  virtual void end_dispatching() {}
};

}  // namespace tellina
