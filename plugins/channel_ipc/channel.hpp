#pragma once

/// One named channel, as this instance sees it: who receives it, here and elsewhere, and what waits for them.

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

/// One call of receive().
class Subscriber {
 public:
  explicit Subscriber(Receiver receiver_) : receiver(std::move(receiver_)) {}
  Receiver receiver;
};

/// What all channels of an instance share.
class Exchange {
 public:
  Exchange(std::size_t capacity_, Log& log_, const Clock& clock_) : capacity(capacity_), log(log_), clock(clock_) {}

  const std::size_t capacity;
  Log& log;
  const Clock& clock;
};

/// A message goes to its receivers in turn. One that is elsewhere gets it from the sending thread, straight into the
/// socket; one that is here, from the layer's thread. What nobody can take now waits in one queue, which only the
/// layer's thread empties; while anything waits, all that comes later waits behind it. So the order holds.
///
/// A receiver elsewhere that has just stopped gives back what still reached it. Such a message takes its old place in
/// the queue, and goes only where nothing later has gone.
///
/// Threads: send(), add(), receivers_here(), take_out(), finish(), wants_flush(), retire_if_idle() any; all else the
/// layer's.
class Channel {
 public:
  Channel(std::string name, const Exchange& exchange);

  const std::string& name() const { return m_name; }

  enum class Taken { sent, waits, waits_for_thread, full, retired };
  /// Takes the message where the result is one of the first three. `waits_for_thread`: flush_one() must be called.
  Taken send(InstanceId origin, Message& message);

  /// False where the channel is retired.
  bool add(const std::shared_ptr<Subscriber>& subscriber);
  std::size_t receivers_here() const;
  /// No new call of the subscriber will start.
  void take_out(const std::shared_ptr<Subscriber>& subscriber);
  /// After take_out(): returns when no call is running, except one that this thread is in.
  void finish(Subscriber& subscriber, bool is_layer_thread);

  /// False where the channel is retired.
  bool add_peer(const std::shared_ptr<Peer>& peer);
  void remove_peer(const std::shared_ptr<Peer>& peer);

  /// Hands on the first message that waits. False where there is none, or nobody who can take it now.
  bool flush_one(InstanceId origin);

  /// A message that arrived for a receiver here. False where there is none: it goes back.
  bool deliver_here(Message& message);

  /// One that another instance gave back. False, and not taken, where the channel is retired.
  bool take_back(Message& message, std::uint64_t place);

  /// True for the first that asks since the last start_flush(): so a channel stands once in the list of those to flush.
  bool wants_flush() { return !m_wants_flush.exchange(true); }
  void start_flush() { m_wants_flush.store(false); }

  /// Drops what has waited for over a minute. True where something still waits.
  bool drop_old();

  /// True where something waits for a receiver that is there.
  bool is_leaving() const;

  /// Retires the channel, for good, if nothing waits in it and nobody receives it.
  bool retire_if_idle();

 private:
  class QueuedMessage {
   public:
    QueuedMessage(Message message_, std::uint64_t place_) : message(std::move(message_)), place(place_) {}
    Message message;
    std::uint64_t place;
    MonotonicTime since;
  };
  /// An instance that receives the channel; this one where there is no peer.
  class Target {
   public:
    explicit Target(std::shared_ptr<Peer> peer_) : peer(std::move(peer_)) {}
    std::shared_ptr<Peer> peer;
    std::uint64_t last_place = 0;
  };
  enum class Offered { sent, here, nobody, too_late };

  Offered offer(InstanceId origin, const QueuedMessage& queued);
  void mark_given(Target& target, std::uint64_t place);
  void remove_target(const std::shared_ptr<Peer>& peer);
  void deliver(std::unique_lock<std::mutex>& lock, Message message);

  const std::string m_name;
  const Exchange& m_exchange;

  mutable std::mutex m_mutex;
  std::condition_variable m_call_ended;
  std::deque<QueuedMessage> m_waiting;
  std::vector<Target> m_targets;
  std::size_t m_turn = 0;
  /// Starts at the time: higher than any place of an earlier channel of this name, whose messages may come back.
  std::uint64_t m_last_place;
  std::vector<std::shared_ptr<Subscriber>> m_subscribers;
  std::size_t m_subscriber_turn = 0;
  const Subscriber* m_called = nullptr;
  bool m_retired = false;
  std::atomic<bool> m_wants_flush = false;
};

}  // namespace tellina::ipc
