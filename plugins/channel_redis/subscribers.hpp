#pragma once

/// Who receives which channels in this instance.

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

/// One call of receive().
class Subscriber {
 public:
  Subscriber(std::string channel_, Receiver receiver_) : channel(std::move(channel_)), receiver(std::move(receiver_)) {}

  const std::string channel;
  Receiver receiver;
};

/// Threads: as stated at each function. Receivers are called by the reader alone, on its thread or on the one that
/// dispatches, so one at a time.
class Subscribers {
 public:
  /// `wake` makes the reader look again at what it waits for; it is called on any thread, and must not block.
  Subscribers(Log& log, std::function<void()> wake) : m_log(log), m_wake(std::move(wake)) {}

  /// Any thread.
  void add(std::shared_ptr<Subscriber> subscriber);

  /// Any thread. When it returns no call of the subscriber runs or will start (except one that this thread is in),
  /// and Redis has been told not to give this instance the channel's messages any more, or did not answer for 500 ms.
  void remove(const std::shared_ptr<Subscriber>& subscriber);

  /// The thread on which the reader may not be waited for: the one that dispatches, or none.
  void set_dispatcher(std::thread::id thread);

  /// Any thread.
  bool is_empty() const;

  /// Reader. Returns the channels to wait for. Whatever comes from then on to end_listening() belongs to one of them.
  std::vector<std::string> begin_listening();
  void end_listening();

  /// Reader. Calls one of the channel's receivers, in turn; false where it has none (the message is left alone).
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
  std::uint64_t m_heard_version = 0;  ///< what the reader waits for
  bool m_is_listening = false;
  bool m_is_stuck = false;  ///< somebody has waited for end_listening() in vain
  const Subscriber* m_called = nullptr;
  std::thread::id m_called_on;
  std::thread::id m_dispatcher;
};

}  // namespace tellina::redis
