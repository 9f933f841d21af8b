#pragma once

/// The gateway's counters, and their text format.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "host/runtime/metric_samples.hpp"

namespace tellina {

/// One number. Written by one loop, read by any thread.
class Counter {
 public:
  void add(std::int64_t difference = 1) { m_value.fetch_add(difference, std::memory_order_relaxed); }
  std::int64_t value() const { return m_value.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> m_value{0};
};

/// The numbers of one loop, on separate cache lines.
class alignas(64) Metrics {
 public:
  Counter http_connections;       ///< open now
  Counter websocket_connections;  ///< open now
  Counter frames_in;
  Counter frames_out;
  Counter bytes_in;
  Counter bytes_out;
  std::array<Counter, 6> answers;  ///< HTTP responses by the first digit of their status
  Counter closable_connections;    ///< HTTP connections that wait for their client, and may be closed to make room
  Counter closed_for_others;       ///< such connections that were closed because few were left
  Counter refused_connections;     ///< refused because an address, a participant or all had too many
  Counter failed_logins;
  Counter logins_waiting;   ///< now, for pending logins or for a turn
  Counter input_stalls;     ///< reading from a socket paused because its window was full
  Counter full_channels;    ///< the layer refused a message because its queue was full
  Counter accept_timeouts;  ///< no worker accepted a connection in time
  Counter slow_readers;     ///< closed because the output queue exceeded its limit
};

/// The sum over all loops and the workers' samples, as OpenMetrics text 1.0, which ends with "# EOF". Drops samples of
/// families that this gateway does not know; a newer worker may send such samples.
std::string render_metrics(const std::vector<const Metrics*>& loops, const std::vector<MetricSample>& samples);

}  // namespace tellina
