#include "host/session/backend_facts.hpp"

#include <algorithm>

#include "host/plugins/guard.hpp"

namespace tellina {
namespace {

std::chrono::milliseconds within_bounds(std::chrono::milliseconds wanted) {
  return std::clamp(wanted, limits::shortest_start, limits::longest_start);
}

}  // namespace

void BackendFacts::use(const Capabilities& capabilities) {
  std::lock_guard lock(m_mutex);
  m_start_deadline = within_bounds(capabilities.start_deadline);
}

std::chrono::milliseconds BackendFacts::start_deadline() {
  std::lock_guard lock(m_mutex);
  if (m_start_deadline) return *m_start_deadline;
  try {
    const Capabilities found = guard_plugin_call("sandbox \"" + m_plugin + "\"", [&] { return m_backend.probe(); });
    if (found.usable) m_start_deadline = within_bounds(found.start_deadline);
  } catch (const Error&) {
    // The start that asks will fail too, and reports why.
  }
  return m_start_deadline.value_or(limits::quick_start);
}

}  // namespace tellina
