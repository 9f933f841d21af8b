#pragma once

/// The thread that takes messages from Redis and calls the receivers.

#include <chrono>
#include <memory>
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
/// Threads: as stated at each function. The destructor waits for the thread.
class Reader {
 public:
  /// Starts nothing yet. `stop` ends the thread at once when raised.
  Reader(const Settings& settings, const std::string& instance, Health& health, Subscribers& subscribers,
         const PluginContext& context, Signal& stop);
  ~Reader();

  /// Starts the thread, if it has not been. Calls come one at a time. Throws std::system_error.
  void start();

  /// Any thread, never blocks: the subscribers have changed. Of use only while there were none; else wake the reader
  /// through Redis.
  void note_change() { m_change.raise(); }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool recover(const Failure& failure);
  void connect();
  void wait_for_subscribers();
  void listen();
  std::vector<std::string> choose_keys();
  void handle(const redisReply& reply);
  void deliver(const std::string& channel, const redisReply& list);
  void put_back(const std::string& channel, const redisReply& list, std::size_t first);
  void find_wrong_keys(std::string_view error);

  const Settings& m_settings;
  Health& m_health;
  Subscribers& m_subscribers;
  Log& m_log;
  Signal& m_stop;
  const std::string m_instance;
  Signal m_change;

  // Of the thread.
  std::unique_ptr<Connection> m_connection;
  BackOff m_back_off;
  Keys m_keys;
  std::size_t m_turn = 0;
  std::set<std::string> m_wrong_keys;  ///< hold something else than a list; left out until the time below
  std::set<std::string> m_complained_of;
  Clock::time_point m_look_again{};
  std::thread m_thread;
};

}  // namespace tellina::redis
