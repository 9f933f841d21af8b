#pragma once

/// Slows down guessing of access codes: after too many failures within a window, an address has to wait.

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

/// Counts only failures. Memory is bounded: beyond `max_addresses` the address with the oldest last failure is
/// forgotten.
/// Threads: any.
class LoginLimiter {
 public:
  LoginLimiter(int failures, std::chrono::nanoseconds window, std::size_t max_addresses = 4096);

  /// How long the address has to wait, or nothing. An attempt during the wait does not count as a failure.
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
  std::list<Entry> m_entries;  ///< the address with the latest failure is at the front
  std::unordered_map<std::string, std::list<Entry>::iterator> m_places;
};

}  // namespace tellina
