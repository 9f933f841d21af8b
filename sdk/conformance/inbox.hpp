#pragma once

/// What the channel layer cases share.

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
/// How long nothing may come for it to count as "nothing comes".
constexpr std::chrono::milliseconds silence{150};

/// Keeps what a receiver is given. Threads: any.
class Inbox {
 public:
  /// Every receiver puts into the same inbox; outlives it if need be.
  Receiver receiver();

  /// Throws Failure where fewer have come after the delivery time.
  std::vector<Message> wait_for(std::size_t count);
  /// Returns whether so many came in time.
  bool has_come(std::size_t count, std::chrono::milliseconds within);
  /// Everything so far.
  std::vector<Message> messages() const;
  std::size_t size() const { return messages().size(); }
  /// Calls of one receiver that ran at the same time as another of it.
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

/// A message that says who sent it and which of theirs it is.
Message numbered(const std::string& sender, std::uint64_t number, std::size_t padding = 0);

/// Sends, again where the answer is `full` or `unavailable` (a transport may be on its way up). Throws Failure where it
/// is not accepted in time.
void deliver(ChannelLayer& layer, const ChannelName& channel, const Message& message);

/// Throws Failure unless these messages of each sender have come in order, each at most once. Returns how many of each
/// sender's `count` have not come at all.
std::size_t check_order_and_count_lost(const std::vector<Message>& messages, const std::vector<std::string>& senders,
                                       std::uint64_t count);

/// Throws Failure where two messages are the same one.
void expect_no_doubles(const std::vector<Message>& messages);
/// Throws Failure where a sender's numbers go back.
void expect_order_of_senders(const std::vector<Message>& messages);
/// Throws Failure unless the body is what numbered() put there.
void expect_whole(const std::vector<Message>& messages);

ChannelName channel_of(Probe& probe, const std::string& suffix = "");

/// A thread whose exception comes out of join().
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
