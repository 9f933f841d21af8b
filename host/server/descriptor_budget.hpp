#pragma once

/// Divides the descriptors of a process between connections and sandboxes, so that neither takes those that the other,
/// the store or a plugin needs.

#include <cstddef>
#include <optional>

#include "host/server/run_server.hpp"

namespace tellina {

class DescriptorBudget {
 public:
  /// Descriptors that must be free when a process starts. With 32 in all, a worker starts but cannot sync its database.
  static constexpr std::size_t needed_at_start = 40;

  /// `limit`: the most descriptors that the process may have. `peers`: other processes that the channel layer connects
  /// it to.
  DescriptorBudget(std::size_t limit, ServerRole role, std::size_t peers = 0);

  std::size_t limit() const { return m_limit; }
  /// Connections of a gateway, all together; 0 without a gateway.
  std::size_t connections() const { return m_connections; }
  /// Sandboxes of a worker; 0 without a worker.
  std::size_t sandboxes() const { return m_sandboxes; }

 private:
  const std::size_t m_limit;
  std::size_t m_connections = 0;
  std::size_t m_sandboxes = 0;
};

}  // namespace tellina
