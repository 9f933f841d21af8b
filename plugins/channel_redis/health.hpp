#pragma once

/// Tracks and logs whether Redis is available.

#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <string>

#include "socket.hpp"
#include "tellina/plugin.hpp"

namespace tellina::redis {

/// Two connections report here. During an outage each distinct reason is logged once.
///
/// Threads: any.
class Health {
 public:
  enum Link { writer, reader };

  /// `outages`: counts them.
  Health(std::string server, Log& log, Clock& clock, PluginCounter outages)
      : m_server(std::move(server)), m_log(log), m_clock(clock), m_outages(std::move(outages)) {}

  void note_up(Link link);
  void note_down(Link link, const Failure& failure);

  /// Whether messages can be sent, as far as known. False before the first attempt.
  bool is_writer_down() const { return m_writer_down.load(std::memory_order_acquire); }

  /// Describes a failure, with advice.
  std::string describe(const Failure& failure) const;

 private:
  const std::string m_server;
  Log& m_log;
  Clock& m_clock;
  const PluginCounter m_outages;

  std::atomic<bool> m_writer_down = false;
  std::mutex m_mutex;
  std::array<bool, 2> m_down{};
  std::set<std::string> m_logged_reasons;  ///< reasons logged in this outage
  MonotonicTime m_since{};
};

}  // namespace tellina::redis
