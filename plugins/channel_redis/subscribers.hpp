#pragma once

/// Which channels this instance receives, and their receivers.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tellina/channel_layer.hpp"

namespace tellina::redis {

/// The subscription that one call of receive() creates.
class Subscriber {
 public:
  Subscriber(std::string channel_, Receiver receiver_) : channel(std::move(channel_)), receiver(std::move(receiver_)) {}

  const std::string channel;
  Receiver receiver;
};

/// Threads: as stated at each function. Only the reader calls receivers, on its own thread or on the dispatching
/// thread, so calls do not overlap.
class Subscribers {
 public:
  /// `wake` makes the reader update the channels that it waits for. It is called on any thread, and must not block.
  Subscribers(Log& log, std::function<void()> wake) : m_log(log), m_wake(std::move(wake)) {}

  /// Any thread.
  void add(std::shared_ptr<Subscriber> subscriber);

  /// Any thread. When it returns, no call of the subscriber runs or will start (except one on this thread). Redis also
  /// has stopped sending the channel's messages to this instance, or did not answer for 500 ms.
  void remove(const std::shared_ptr<Subscriber>& subscriber);

  /// The thread that must not wait for the reader: the dispatching thread, or none.
  void set_dispatcher(std::thread::id thread);

  /// Any thread.
  bool is_empty() const;

  /// Reader. Returns the channels to wait for. Every message that arrives until end_listening() belongs to one of them.
  std::vector<std::string> begin_listening();
  void end_listening();

  /// Reader. Calls one of the channel's receivers, in turn. Returns false, without changing the message, if there is
  /// none.
  bool deliver(const std::string& channel, Message& message);

 private:
  class Inbox {
   public:
    std::vector<std::shared_ptr<Subscriber>> subscribers;
    std::size_t turn = 0;
  };

  Log& m_log;
  const std::function<void()> m_wake;

  mutable std::mutex m_mutex;
  std::condition_variable m_changed;
  std::map<std::string, Inbox> m_inboxes;
  std::uint64_t m_version = 0;        ///< of the set of channels
  std::uint64_t m_heard_version = 0;  ///< the version that the reader waits for
  bool m_is_listening = false;
  bool m_is_stuck = false;  ///< a wait for end_listening() has timed out
  const Subscriber* m_called = nullptr;
  std::thread::id m_called_on;
  std::thread::id m_dispatcher;
};

}  // namespace tellina::redis
