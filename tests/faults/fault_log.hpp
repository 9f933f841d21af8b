#pragma once

/// What the driver did to the server, and when.

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tellina::faults {

/// Which losses a fault excuses.
enum class Harm {
  none,          ///< nothing may be lost, and no shell may be replaced
  worker_death,  ///< a worker has died: the end of its streams may be unknown
  shell_death,   ///< shells have died, too
};

/// One entry per fault. Threads: any.
class FaultLog {
 public:
  using Time = std::chrono::system_clock::time_point;
  class Entry {
   public:
    Time at;
    Harm harm;
    std::string access_code;  ///< the participant whose session was affected; empty: any
    std::string text;
  };

  void note(Harm harm, std::string text, std::string access_code = {}) {
    const std::lock_guard lock(m_mutex);
    m_entries.push_back(Entry{std::chrono::system_clock::now(), harm, std::move(access_code), std::move(text)});
  }
  std::vector<Entry> entries() const {
    const std::lock_guard lock(m_mutex);
    return m_entries;
  }
  /// How many entries excuse that this participant's shell was replaced (`harm` is shell_death), or that a worker's
  /// last moments are unknown (worker_death; the death of a shell's server is one as well).
  std::size_t count(Harm harm, const std::string& access_code) const {
    const std::lock_guard lock(m_mutex);
    return static_cast<std::size_t>(std::count_if(m_entries.begin(), m_entries.end(), [&](const Entry& entry) {
      const bool concerns = entry.access_code.empty() || entry.access_code == access_code;
      return concerns && entry.harm >= harm;
    }));
  }

 private:
  mutable std::mutex m_mutex;
  std::vector<Entry> m_entries;
};

}  // namespace tellina::faults
