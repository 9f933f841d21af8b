#pragma once

/// Takes messages from Redis and calls the receivers, on a thread of its own or on one that dispatches.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "back_off.hpp"
#include "health.hpp"
#include "keys.hpp"
#include "open_server.hpp"
#include "settings.hpp"
#include "subscribers.hpp"

namespace tellina::redis {

/// Waits in one BLMPOP for all channels that have receivers here, and for a key by which this instance wakes itself.
/// What was popped for a channel whose last receiver has just left is put back in front.
///
/// A connection that breaks while Redis answers takes at most one such answer (100 messages of one channel) with it.
///
/// While somebody dispatches, the thread asks and lends the connection; who dispatches takes the answer, asks again,
/// and so on. Whatever is not a plain answer is left to the thread, which gets the connection back and may wait.
///
/// Threads: as stated at each function. The destructor waits for the thread.
class Reader {
 public:
  /// Starts nothing yet. `stop` ends the thread at once when raised.
  Reader(const Settings& settings, const std::string& instance, Health& health, Subscribers& subscribers,
         const PluginContext& context, WakeUp& stop);
  ~Reader();

  /// Starts the thread, if it has not been. Calls come one at a time. Throws std::system_error.
  void start();

  /// Any thread, never blocks: the subscribers have changed. Of use only while there were none; else wake the reader
  /// through Redis.
  void note_change() { m_change.raise(); }

  /// As of ChannelLayer. The thread lends the connection after the next answer.
  int begin_dispatching();
  bool dispatch();
  void end_dispatching();

 private:
  using Clock = std::chrono::steady_clock;

  /// An answer of Redis: messages of one channel, of which the first `delivered` are done with.
  class Answer {
   public:
    Reply reply;
    std::size_t delivered = 0;
  };

  void run();
  bool recover(const Failure& failure);
  void connect();
  void wait_for_subscribers();
  void listen();
  void ask();
  void lend();
  enum class Taken { nothing, answer, needs_thread };
  Taken take_answer();
  std::vector<std::string> choose_keys();
  void handle();
  /// The channel whose messages the answer brings; empty where it brings none. Throws Failure(lost).
  std::string channel_of(const redisReply& answer) const;
  /// False where the channel's last receiver has left: what is not delivered is to be put back.
  bool deliver(const std::string& channel);
  void put_back(const std::string& channel, const redisReply& list, std::size_t first);
  void find_wrong_keys(std::string_view error);

  const Settings& m_settings;
  Health& m_health;
  Subscribers& m_subscribers;
  Log& m_log;
  WakeUp& m_stop;
  const std::string m_instance;
  WakeUp m_change;

  Descriptor m_wait;  ///< an epoll: readable when an answer has come to a connection that is lent

  std::mutex m_mutex;
  std::condition_variable m_given_back;
  bool m_is_dispatched = false;
  bool m_is_lent = false;
  bool m_has_failed = false;  ///< the connection, while it was lent

  // Of the thread; of who dispatches, with m_mutex held, while m_is_lent.
  std::unique_ptr<Connection> m_connection;
  Clock::time_point m_asked_at{};
  Answer m_answer;
  Keys m_keys;
  std::size_t m_turn = 0;
  std::set<std::string> m_wrong_keys;  ///< hold something else than a list; left out until m_look_again

  // Of the thread.
  BackOff m_back_off;
  std::set<std::string> m_complained_of;
  Clock::time_point m_look_again{};
  std::thread m_thread;
};

}  // namespace tellina::redis
