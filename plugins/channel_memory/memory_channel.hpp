#pragma once

/// One named channel: its receivers, and its waiting messages.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "plugins/common/ring.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina::memory {

/// The subscription that one call of receive() creates, on the thread `home`.
class Subscriber {
 public:
  Subscriber(Receiver receiver_, std::thread::id home_) : receiver(std::move(receiver_)), home(home_) {}

  Receiver receiver;
  const std::thread::id home;
};

/// A message and the thread that sent it.
class QueuedMessage {
 public:
  QueuedMessage() = default;
  QueuedMessage(Message message_, std::thread::id sender_) : message(std::move(message_)), sender(sender_) {}

  Message message;
  std::thread::id sender;
};

/// Delivers on the sending thread. While a thread delivers, it is the channel's only deliverer: messages that other
/// threads or the receiver itself send to the channel wait in the queue, and that thread delivers them afterwards. So
/// receivers are called one at a time and in the order sent, and no thread ever waits for a receiver.
///
/// Threads: any.
class MemoryChannel {
 public:
  MemoryChannel(std::string name, std::size_t capacity, Log& log)
      : m_name(std::move(name)), m_capacity(capacity), m_log(log) {}

  const std::string& name() const { return m_name; }

  /// Takes the message if the result is `accepted`, and does not change it otherwise. Returns nothing if the channel is
  /// retired: then ask the layer for its successor.
  std::optional<SendResult> send(Message& message);

  /// Delivers waiting messages before it returns, on the caller's thread. Returns false if the channel is retired.
  bool add(const std::shared_ptr<Subscriber>& subscriber);

  /// Returns when no call of the subscriber is running, except one on this thread.
  void remove(const std::shared_ptr<Subscriber>& subscriber);

  /// Retires the channel permanently if no message waits in it and nobody receives it.
  bool retire_if_idle();

 private:
  void deliver(std::unique_lock<std::mutex>& lock, QueuedMessage queued);
  void deliver_waiting(std::unique_lock<std::mutex>& lock);
  std::shared_ptr<Subscriber> choose(std::thread::id sender);

  const std::string m_name;
  const std::size_t m_capacity;
  Log& m_log;

  std::mutex m_mutex;
  std::condition_variable m_call_ended;
  Ring<QueuedMessage> m_waiting;
  std::vector<std::shared_ptr<Subscriber>> m_subscribers;
  std::size_t m_turn = 0;
  bool m_delivering = false;
  bool m_retired = false;
  const Subscriber* m_called = nullptr;
  std::thread::id m_called_on;
};

}  // namespace tellina::memory
