#include "host/server/descriptor_budget.hpp"

#include <algorithm>

#include "host/limits.hpp"

namespace tellina {

static_assert(DescriptorBudget::needed_at_start < limits::reserved_descriptors,
              "a process that may start has the reserve for it");

DescriptorBudget::DescriptorBudget(std::size_t limit, ServerRole role, std::size_t peers) : m_limit(limit) {
  const std::size_t shared = limit - std::min(limit, limits::reserved_descriptors + peers * limits::peer_descriptors);
  const bool has_gateway = role != ServerRole::worker;
  const bool has_worker = role != ServerRole::gateway;
  if (has_gateway) {
    m_connections = std::max(has_worker ? shared / limits::connections_share : shared, limits::least_connections);
  }
  if (has_worker) {
    const std::size_t left = shared - std::min(shared, m_connections);
    m_sandboxes = std::max<std::size_t>(left / limits::sandbox_descriptors, 1);
  }
}

}  // namespace tellina
