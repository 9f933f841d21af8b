#pragma once

/// Reads messages from Redis and calls the receivers, on its own thread or on the dispatching thread.

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

/// Waits in one BLMPOP for all channels with local receivers, and for a key with which this instance wakes itself. If a
/// channel's last receiver has just left, its popped messages are put back at the front.
///
/// If the connection breaks while Redis answers, at most one answer (100 messages of one channel) is lost.
///
/// While another thread dispatches, the reader's thread sends the request and lends it the connection. The dispatching
/// thread reads the answer, sends the next request, and so on. It leaves every unusual answer to the reader's thread,
/// which gets the connection back and may wait.
///
/// Threads: as stated at each function. The destructor waits for the reader's thread.
class Reader {
 public:
  /// Does not start the thread. Raising `stop` ends the thread at once.
  Reader(const Settings& settings, const std::string& instance, Health& health, Subscribers& subscribers,
         const PluginContext& context, WakeUp& stop);
  ~Reader();

  /// Starts the thread if it is not running. One call at a time. Throws std::system_error.
  void start();

  /// Any thread, never blocks: the set of subscribers has changed. Only useful if it was empty before; otherwise wake
  /// the reader through Redis.
  void note_change() { m_change.raise(); }

  /// As for ChannelLayer. The thread lends the connection after the next answer.
  int begin_dispatching();
  bool dispatch();
  void end_dispatching();

 private:
  using Clock = std::chrono::steady_clock;

  /// An answer of Redis: messages of one channel, of which the first `delivered` have been delivered.
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
  /// The channel of the answer's messages; empty if it has none. Throws Failure(lost).
  std::string channel_of(const redisReply& answer) const;
  /// Returns false if the channel's last receiver has left; then the undelivered messages have to be put back.
  bool deliver(const std::string& channel);
  /// Logs at once, and then one line a minute: any client of Redis can send such messages.
  void report_faulty(const std::string& channel, std::size_t count, std::size_t first_size);
  void put_back(const std::string& channel, const redisReply& list, std::size_t first);
  void find_wrong_keys(std::string_view error);

  const Settings& m_settings;
  Health& m_health;
  Subscribers& m_subscribers;
  Log& m_log;
  WakeUp& m_stop;
  const std::string m_instance;
  WakeUp m_change;

  Descriptor m_wait;  ///< an epoll: readable when an answer has arrived on the connection that the loop has

  std::mutex m_mutex;
  std::condition_variable m_returned;
  bool m_is_dispatched = false;
  bool m_loop_has_connection = false;
  bool m_has_failed = false;  ///< the connection failed while the loop had it

  // Used by the reader's thread or, with m_mutex held while m_loop_has_connection, by the dispatching thread.
  std::unique_ptr<Connection> m_connection;
  Clock::time_point m_asked_at{};
  Answer m_answer;
  Keys m_keys;
  std::size_t m_turn = 0;
  std::set<std::string> m_wrong_keys;  ///< keys that do not hold a list; skipped until m_recheck_at

  // Used by the reader's thread only.
  BackOff m_back_off;
  std::set<std::string> m_reported;
  Clock::time_point m_recheck_at{};
  std::size_t m_faulty = 0;  ///< entries that the log has not reported yet
  std::size_t m_first_faulty_size = 0;
  std::optional<Clock::time_point> m_next_report;
  std::thread m_thread;
};

}  // namespace tellina::redis
