#pragma once

/// The thread that brings messages to Redis.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "back_off.hpp"
#include "health.hpp"
#include "keys.hpp"
#include "open_server.hpp"
#include "outboxes.hpp"
#include "settings.hpp"

namespace tellina::redis {

/// Sends all that waits in one round trip, one command for each channel, then what has come meanwhile, and so on.
///
/// A batch has a number, and the script that appends it leaves the number in a key of this instance (its mark): sent a
/// second time, because the connection broke before the reply, it does nothing but tell how many it took. That holds as
/// long as Redis keeps its memory. A Redis that was started again may have delivered the batch before and forgotten
/// that: then the batch is given up.
///
/// Threads: as stated at each function. The destructor waits for the thread.
class Writer {
 public:
  /// Starts nothing yet. `stop` ends the thread at once when raised.
  Writer(const Settings& settings, const std::string& instance, Health& health, const PluginContext& context,
         Signal& stop);
  ~Writer();

  /// Starts the thread, if it has not been. Calls come one at a time. Throws std::system_error.
  void start();

  /// Any thread, never blocks.
  SendResult send(const std::string& channel, Bytes message) { return m_outboxes.add(channel, std::move(message)); }

  /// Puts something into the reader's wake-up key. Any thread, never blocks.
  void wake_reader();

  /// Sends what waits and then ends the thread; returns when that is done, Redis is away, or `limit` is over.
  void finish(std::chrono::milliseconds limit);

 private:
  void run();
  bool recover(const Failure& failure);
  void connect();
  void serve();
  bool wait_for_work();
  void send_what_waits();
  void append(const Batch& batch);
  void settle(const Batch& batch, const redisReply& reply);
  void load_script();

  const Settings& m_settings;
  Health& m_health;
  Log& m_log;
  Clock& m_clock;
  Signal& m_stop;
  const std::string m_instance;
  const std::string m_capacity;
  const std::string m_expiry_ms;
  const std::string m_mark_life_ms;

  Signal m_work;
  Outboxes m_outboxes;
  std::atomic<bool> m_wants_wake = false;
  std::atomic<bool> m_is_finishing = false;

  // Of the thread.
  std::unique_ptr<Connection> m_connection;
  BackOff m_back_off;
  std::string m_run_id;
  Keys m_keys;
  std::string m_script_hash;
  MonotonicTime m_lost_at{};
  MonotonicTime m_connected_at{};
  bool m_has_been_up = false;
  bool m_was_idle = false;  ///< when the connection was lost
  bool m_must_load = false;
  std::vector<std::string_view> m_words;

  std::mutex m_mutex;
  std::condition_variable m_end;
  bool m_has_ended = false;
  std::thread m_thread;
};

}  // namespace tellina::redis
