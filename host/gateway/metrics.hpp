#pragma once

/// The counters of the gateway, and their text form.

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

/// One loop's numbers, on cache lines of their own.
class alignas(64) Metrics {
 public:
  Counter http_connections;       ///< open now
  Counter websocket_connections;  ///< open now
  Counter frames_in;
  Counter frames_out;
  Counter bytes_in;
  Counter bytes_out;
  std::array<Counter, 6> answers;  ///< HTTP answers by the first digit of their status
  Counter refused_connections;     ///< over the limit of an address
  Counter failed_logins;
  Counter input_stalls;     ///< a socket was not read on because its window was full
  Counter full_channels;    ///< the layer refused a message for lack of room
  Counter accept_timeouts;  ///< no worker took a connection in time
  Counter slow_readers;     ///< closed because the output queue was over its bound
};

/// The sum over all loops, and the samples of workers, as OpenMetrics text 1.0, which ends with "# EOF". Samples of
/// families that this gateway does not know, as a newer worker may send them, are left out.
std::string render_metrics(const std::vector<const Metrics*>& loops, const std::vector<MetricSample>& samples);

}  // namespace tellina
