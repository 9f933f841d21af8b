#pragma once

/// Shared by the channel layer cases.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tellina/channel_layer.hpp"
#include "tellina/conformance/case.hpp"

namespace tellina::conformance {

constexpr std::chrono::milliseconds delivery_time{10'000};
/// If no message arrives for this long, the cases assume that none will.
constexpr std::chrono::milliseconds silence{150};

/// Keeps the messages of its receivers. Threads: any.
class Inbox {
 public:
  /// All receivers add to the same inbox. A receiver may outlive it.
  Receiver receiver();

  /// Throws Failure if fewer have arrived within the delivery time.
  std::vector<Message> wait_for(std::size_t count);
  /// Returns whether this many arrived in time.
  bool has_received(std::size_t count, std::chrono::milliseconds within);
  /// All messages so far.
  std::vector<Message> messages() const;
  std::size_t size() const { return messages().size(); }
  /// How many calls of one receiver overlapped.
  int overlaps() const { return m_state->overlaps; }

 private:
  class State {
   public:
    std::mutex mutex;
    std::condition_variable grown;
    std::vector<Message> messages;
    std::atomic<int> overlaps = 0;
  };
  std::shared_ptr<State> m_state = std::make_shared<State>();
};

/// A message that carries its sender and its number among the sender's messages.
Message numbered(const std::string& sender, std::uint64_t number, std::size_t padding = 0);

/// Sends, and retries after `full` or `unavailable` (a transport may still be connecting). Throws Failure if the
/// message is not accepted in time.
void deliver(ChannelLayer& layer, const ChannelName& channel, const Message& message);

/// Throws Failure unless each sender's messages have arrived in order, each at most once. Returns how many of the
/// senders' `count` messages each have not arrived.
std::size_t check_order_and_count_lost(const std::vector<Message>& messages, const std::vector<std::string>& senders,
                                       std::uint64_t count);

/// Throws Failure if a message arrived twice.
void expect_no_duplicates(const std::vector<Message>& messages);
/// Throws Failure if a sender's numbers decrease.
void expect_order_of_senders(const std::vector<Message>& messages);
/// Throws Failure unless each body is the one that numbered() created.
void expect_intact(const std::vector<Message>& messages);

/// Sends a number of messages to each channel that is its own. Throws Failure unless each channel gets its messages,
/// and only these.
void expect_separate(ChannelLayer& layer, const std::vector<ChannelName>& channels);

ChannelName channel_of(Probe& probe, const std::string& suffix = "");

/// A thread whose exception join() rethrows.
class Worker {
 public:
  template <typename Run>
  explicit Worker(Run run)
      : m_thread([this, run]() mutable {
          try {
            run();
          } catch (...) {
            m_thrown = std::current_exception();
          }
        }) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    if (m_thread.joinable()) m_thread.join();
  }
  void join() {
    m_thread.join();
    if (m_thrown) std::rethrow_exception(m_thrown);
  }

 private:
  std::exception_ptr m_thrown;
  std::thread m_thread;
};

}  // namespace tellina::conformance
