#pragma once

/// Limits how many sockets one client, and all clients together, may hold.

#include <cstddef>
#include <limits>
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
  /// The most slots of one key, and of all keys together.
  explicit ConnectionLimit(std::size_t per_key, std::size_t in_all = std::numeric_limits<std::size_t>::max())
      : m_per_key(per_key), m_in_all(in_all) {}

  /// One socket of a key. Its destructor frees the slot.
  class Slot {
   public:
    Slot(std::shared_ptr<ConnectionLimit> limit, std::string key) : m_limit(std::move(limit)), m_key(std::move(key)) {}
    Slot(Slot&& other) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (m_limit) m_limit->release(m_key);
    }

   private:
    std::shared_ptr<ConnectionLimit> m_limit;
    std::string m_key;
  };

  /// Returns nothing if the key, or all keys together, already hold their maximum.
  std::optional<Slot> take(const std::string& key) {
    std::lock_guard lock(m_mutex);
    if (m_taken >= m_in_all) return std::nullopt;
    std::size_t& count = m_counts[key];
    if (count >= m_per_key) return std::nullopt;
    ++count;
    TELLINA_ASSERT_PROCESS(count <= m_per_key);
    ++m_taken;
    return std::optional<Slot>(std::in_place, shared_from_this(), key);
  }

  /// A slot that only the limit for all keys counts.
  std::optional<Slot> take() {
    std::lock_guard lock(m_mutex);
    if (m_taken >= m_in_all) return std::nullopt;
    ++m_taken;
    return std::optional<Slot>(std::in_place, shared_from_this(), std::string());
  }

  /// How many more slots all keys together can take.
  std::size_t free() const {
    std::lock_guard lock(m_mutex);
    return m_in_all - m_taken;
  }

 private:
  void release(const std::string& key) {
    std::lock_guard lock(m_mutex);
    TELLINA_ASSERT_PROCESS(m_taken > 0);
    --m_taken;
    if (key.empty()) return;
    const auto found = m_counts.find(key);
    TELLINA_ASSERT_PROCESS(found != m_counts.end() && found->second > 0);
    if (--found->second == 0) m_counts.erase(found);
  }

  const std::size_t m_per_key;
  const std::size_t m_in_all;
  mutable std::mutex m_mutex;
  std::size_t m_taken = 0;
  std::unordered_map<std::string, std::size_t> m_counts;
};

}  // namespace tellina
