#pragma once

/// The thread that brings messages to Redis.

#include <atomic>
#include <condition_variable>
#include <deque>
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

/// Sends all that waits in one round trip, one command for each channel, then what has come meanwhile, and so on. While
/// messages come one at a time, each has its reply before the next comes: then a sender that has one takes the last
/// reply and sends it, and the thread sleeps on.
///
/// A batch has a number, and the script that appends it leaves the number in a key of this instance (its mark): sent a
/// second time, because the connection broke before the reply, it does nothing but tell how many it took. That holds as
/// long as Redis keeps its memory. A Redis that was started again may have delivered the batch before and forgotten
/// that: then the batch is given up.
///
/// A script costs Redis more than all else that it does for a message. So what surely fits is appended, with its mark,
/// by a transaction (MULTI ... EXEC), which does not look first. That is safe as the connection's end is made sure of
/// (CLIENT KILL) before the script asks after its batches. Where Redis does not let us do that, all goes by the script.
///
/// Threads: as stated at each function. The destructor waits for the thread. The thread holds `m_wire` whenever it is
/// awake and lets go of it while it waits for work; others take it only where nobody has it.
class Writer {
 public:
  /// Starts nothing yet. `stop` ends the thread at once when raised.
  Writer(const Settings& settings, const std::string& instance, Health& health, const PluginContext& context,
         WakeUp& stop);
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
  bool send_from_here() noexcept;
  void append_ready();
  void append_what_waits();
  void read_replies();
  void append(Batch& batch);
  void append_by_script(const Batch& batch);
  void append_by_transaction(Batch& batch);
  void settle(const Batch& batch, const redisReply& last);
  void load_script();
  /// The connection's number at the server, where transactions may be used on it; else empty.
  std::string prepare_transactions();
  /// Whether nothing that was sent on the last connection will be done any more.
  bool make_sure_of_end();

  const Settings& m_settings;
  Health& m_health;
  Log& m_log;
  Clock& m_clock;
  WakeUp& m_stop;
  const std::string m_instance;
  const std::string m_capacity;
  const std::string m_expiry_ms;
  const std::string m_mark_life_ms;

  WakeUp m_work;
  Outboxes m_outboxes;
  std::atomic<bool> m_wants_wake = false;
  std::atomic<bool> m_is_finishing = false;

  std::mutex m_wire;
  // Of who holds m_wire.
  std::unique_ptr<Connection> m_connection;
  std::deque<Batch> m_under_way;
  bool m_is_open_to_all = false;  ///< others may send and take replies; the thread looks for those they leave
  std::vector<std::string_view> m_words;

  // Of the thread.
  BackOff m_back_off;
  int m_replies_to_wake = 0;  ///< to the commands by which the reader is woken
  bool m_is_warm = false;     ///< something was sent a moment ago
  std::string m_run_id;
  Keys m_keys;
  std::string m_script_hash;
  std::string m_client_id;  ///< of the connection; empty where all goes by the script
  MonotonicTime m_lost_at{};
  MonotonicTime m_connected_at{};
  bool m_has_been_up = false;
  bool m_was_idle = false;  ///< when the connection was lost
  bool m_must_load = false;

  std::mutex m_mutex;
  std::condition_variable m_end;
  bool m_has_ended = false;
  std::thread m_thread;
};

}  // namespace tellina::redis
