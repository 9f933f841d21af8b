#pragma once

/// What the workers that have connections of this gateway last said of themselves, for /metrics.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace tellina {

/// As an owner answers {"method": "alive"}. Counters since the worker's start.
class WorkerNumbers {
 public:
  std::int64_t connections = 0;  ///< open now
  std::int64_t sessions = 0;     ///< participants whom it has now
  std::int64_t messages = 0;     ///< handled, of all connections
  std::int64_t overtakings = 0;  ///< messages that the ordering policy started before an earlier one
};

/// Nothing where `json` is not an object of non-negative integers under the names above.
std::optional<WorkerNumbers> parse_worker_numbers(std::string_view json);

/// Threads: any.
class WorkerTable {
 public:
  using Rows = std::map<std::string, WorkerNumbers>;

  void put(const std::string& worker, const WorkerNumbers& numbers) {
    std::lock_guard lock(m_mutex);
    m_rows[worker] = numbers;
  }
  void remove(const std::string& worker) {
    std::lock_guard lock(m_mutex);
    m_rows.erase(worker);
  }
  Rows rows() const {
    std::lock_guard lock(m_mutex);
    return m_rows;
  }

 private:
  mutable std::mutex m_mutex;
  Rows m_rows;
};

}  // namespace tellina
