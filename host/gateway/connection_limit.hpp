#pragma once

/// Limits how many sockets one client address may hold.

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "host/runtime/assertion.hpp"

namespace tellina {

/// Threads: any. The slots keep the counter alive.
class ConnectionLimit : public std::enable_shared_from_this<ConnectionLimit> {
 public:
  explicit ConnectionLimit(std::size_t per_address) : m_per_address(per_address) {}

  /// One socket of an address. Its destructor frees the slot.
  class Slot {
   public:
    Slot(std::shared_ptr<ConnectionLimit> limit, std::string address)
        : m_limit(std::move(limit)), m_address(std::move(address)) {}
    Slot(Slot&& other) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (m_limit) m_limit->release(m_address);
    }

   private:
    std::shared_ptr<ConnectionLimit> m_limit;
    std::string m_address;
  };

  /// A slot that no limit counts.
  static Slot uncounted() { return Slot(nullptr, {}); }

  /// Returns nothing if the address already holds its maximum.
  std::optional<Slot> take(const std::string& address) {
    std::lock_guard lock(m_mutex);
    std::size_t& count = m_counts[address];
    if (count >= m_per_address) return std::nullopt;
    ++count;
    TELLINA_ASSERT_PROCESS(count <= m_per_address);
    return std::optional<Slot>(std::in_place, shared_from_this(), address);
  }

 private:
  void release(const std::string& address) {
    std::lock_guard lock(m_mutex);
    const auto found = m_counts.find(address);
    TELLINA_ASSERT_PROCESS(found != m_counts.end() && found->second > 0);
    if (--found->second == 0) m_counts.erase(found);
  }

  const std::size_t m_per_address;
  std::mutex m_mutex;
  std::unordered_map<std::string, std::size_t> m_counts;
};

}  // namespace tellina
