#pragma once

/// Makes guessing access codes slow: so many failures from one address within a window, then a pause.

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "tellina/clock.hpp"

namespace tellina {

/// Only failures count. Memory is bounded: of `max_addresses` the one that failed longest ago is forgotten first.
/// Threads: any.
class LoginLimiter {
 public:
  LoginLimiter(int failures, std::chrono::nanoseconds window, std::size_t max_addresses = 4096);

  /// How long the address has to wait, or nothing. Waiting attempts do not count.
  std::optional<std::chrono::nanoseconds> wait_for(const std::string& address, MonotonicTime now);
  void failed(const std::string& address, MonotonicTime now);
  std::size_t addresses() const;

 private:
  class Entry {
   public:
    explicit Entry(std::string address_) : address(std::move(address_)) {}
    std::string address;
    std::deque<MonotonicTime> failures;  ///< the newest m_failures
  };

  const std::size_t m_failures;
  const std::chrono::nanoseconds m_window;
  const std::size_t m_max_addresses;
  mutable std::mutex m_mutex;
  std::list<Entry> m_entries;  ///< the one that failed last is at the front
  std::unordered_map<std::string, std::list<Entry>::iterator> m_places;
};

}  // namespace tellina
