#pragma once

/// One named channel in this instance: its receivers, here and elsewhere, and its waiting messages.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "envelope.hpp"
#include "peer.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina::ipc {

/// The subscription that one call of receive() creates.
class Subscriber {
 public:
  explicit Subscriber(Receiver receiver_) : receiver(std::move(receiver_)) {}
  Receiver receiver;
};

/// Shared by all channels of an instance.
class ChannelContext {
 public:
  ChannelContext(std::size_t capacity_, Log& log_, const Clock& clock_)
      : capacity(capacity_), log(log_), clock(clock_) {}

  const std::size_t capacity;
  Log& log;
  const Clock& clock;
};

/// Messages go to the channel's receivers in turn. The sending thread writes a message for a remote receiver straight
/// into the socket; the layer's thread delivers to a local receiver. A message that no receiver can take now waits in a
/// queue, which only the layer's thread empties. While the queue is not empty, later messages join it, so the order is
/// kept.
///
/// A remote receiver that has just stopped returns the messages that still reached it. Such a message gets its old
/// place in the queue, and is delivered only if no later message was sent.
///
/// Threads: send(), add(), receivers_here(), remove(), finish(), wants_flush() and retire_if_idle(): any; all others:
/// the layer's.
class Channel {
 public:
  Channel(std::string name, const ChannelContext& context);

  const std::string& name() const { return m_name; }

  enum class SendOutcome { sent, waits, waits_for_thread, full, retired };
  /// Accepts the message if the result is one of the first three. `waits_for_thread`: flush_one() must be called.
  SendOutcome send(InstanceId origin, Message& message);

  /// Returns false if the channel is retired.
  bool add(const std::shared_ptr<Subscriber>& subscriber);
  std::size_t receivers_here() const;
  /// After this, no new call of the subscriber starts.
  void remove(const std::shared_ptr<Subscriber>& subscriber);
  /// After remove(): returns when no call is running, except one on this thread.
  void finish(Subscriber& subscriber, bool is_layer_thread);

  /// Returns false if the channel is retired.
  bool add_peer(const std::shared_ptr<Peer>& peer);
  void remove_peer(const std::shared_ptr<Peer>& peer);

  /// Sends or delivers the first waiting message. Returns false if there is none, or if no receiver can take it now.
  bool flush_one(InstanceId origin);

  /// Delivers a message that arrived for a local receiver. Returns false if there is none; then the message is returned
  /// to its sender.
  bool deliver_here(Message& message);

  /// Puts a message that another instance returned into the queue again, at its old place. Returns false, and does not
  /// change the message, if the channel is retired.
  bool requeue(Message& message, std::uint64_t place);

  /// Returns true only to the first caller after start_flush(), so that no channel is in the list of channels to flush
  /// twice.
  bool wants_flush() { return !m_wants_flush.exchange(true); }
  void start_flush() { m_wants_flush.store(false); }

  /// Drops messages that have waited for more than a minute. Returns true if any still wait.
  bool drop_old();

  /// True if a message waits for an existing receiver.
  bool has_deliverable() const;

  /// Retires the channel permanently if no message waits in it and nobody receives it.
  bool retire_if_idle();

 private:
  class QueuedMessage {
   public:
    QueuedMessage(Message message_, std::uint64_t place_) : message(std::move(message_)), place(place_) {}
    Message message;
    std::uint64_t place;
    MonotonicTime since;
  };
  /// An instance that receives the channel; without a peer, this instance.
  class Target {
   public:
    explicit Target(std::shared_ptr<Peer> peer_) : peer(std::move(peer_)) {}
    std::shared_ptr<Peer> peer;
    std::uint64_t last_place = 0;
  };
  enum class Offered { sent, here, nobody, too_late };

  Offered offer(InstanceId origin, const QueuedMessage& queued);
  void mark_served(Target& target, std::uint64_t place);
  void remove_target(const std::shared_ptr<Peer>& peer);
  void deliver(std::unique_lock<std::mutex>& lock, Message message);

  const std::string m_name;
  const ChannelContext& m_channel_context;

  mutable std::mutex m_mutex;
  std::condition_variable m_call_ended;
  std::deque<QueuedMessage> m_waiting;
  std::vector<Target> m_targets;
  std::size_t m_turn = 0;
  /// Starts at the current time, which is higher than any place of an earlier channel of this name whose messages may
  /// be returned.
  std::uint64_t m_last_place;
  std::vector<std::shared_ptr<Subscriber>> m_subscribers;
  std::size_t m_subscriber_turn = 0;
  const Subscriber* m_called = nullptr;
  bool m_retired = false;
  std::atomic<bool> m_wants_flush = false;
};

}  // namespace tellina::ipc
