#include "host/worker/connection_table.hpp"

#include <chrono>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
ConnectionTable::ConnectionTable(Outbox& outbox, const Clock& clock, bool gateways_are_remote)
    : m_outbox(outbox), m_clock(clock), m_gateways_are_remote(gateways_are_remote) {}

WorkerConnection* ConnectionTable::find(const std::string& id) const {
  const auto found = m_open.find(id);
  return found == m_open.end() ? nullptr : found->second.get();
}

WorkerConnection& ConnectionTable::add(std::unique_ptr<WorkerConnection> connection) {
  const InvariantScope scope(*this);
  TELLINA_ASSERT_PROCESS(connection);
  const std::string id = connection->id();
  const auto [added, is_new] = m_open.emplace(id, std::move(connection));
  TELLINA_ASSERT_PROCESS(is_new);
  if (m_gateways_are_remote) m_last_seen[added->second->gateway().text()] = m_clock.now();
  return *added->second;
}

void ConnectionTable::remove(const std::string& id) {
  const InvariantScope scope(*this);
  const auto found = m_open.find(id);
  TELLINA_ASSERT_PROCESS(found != m_open.end());
  const WorkerConnection& connection = *found->second;
  TELLINA_ASSERT_PROCESS(!connection.session());
  m_overtakings += connection.overtakings();
  const bool is_reported = !connection.has_unreported_end();
  if (connection.is_closed() && (m_gateways_are_remote || !is_reported)) {
    m_ends.emplace(id, End{connection.gateway(), connection.end_message(), m_clock.now(), is_reported});
  }
  m_open.erase(found);
}

void ConnectionTable::forget(const std::string& id) {
  const InvariantScope scope(*this);
  TELLINA_ASSERT_PROCESS(m_open.contains(id));
  m_open.erase(id);
}

void ConnectionTable::repeat_end(const std::string& id) {
  const auto found = m_ends.find(id);
  if (found != m_ends.end()) report(found->second);
}

void ConnectionTable::confirm_end(const std::string& id) { m_ends.erase(id); }

void ConnectionTable::report_ends() {
  const InvariantScope scope(*this);
  const MonotonicTime oldest = m_clock.now() - limits::gateway_end;
  std::erase_if(m_ends, [oldest](const auto& end) { return end.second.since < oldest; });
  for (auto& [id, end] : m_ends) {
    if (!end.is_reported) report(end);
  }
}

void ConnectionTable::report(End& end) {
  // The outbox holds the lane's inbox during send(), so no end is added or confirmed meanwhile.
  if (m_outbox.send(end.gateway, end.message) == SendResult::accepted) end.is_reported = true;
}

void ConnectionTable::note_request_of(const std::string& gateway) {
  if (const auto last_seen = m_last_seen.find(gateway); last_seen != m_last_seen.end())
    last_seen->second = m_clock.now();
}

std::vector<std::string> ConnectionTable::take_silent() {
  const InvariantScope scope(*this);
  const MonotonicTime oldest = m_clock.now() - limits::gateway_silence;
  std::vector<std::string> lost;
  for (auto gateway = m_last_seen.begin(); gateway != m_last_seen.end();) {
    if (gateway->second >= oldest) {
      ++gateway;
      continue;
    }
    for (const auto& [id, connection] : m_open) {
      if (connection->gateway().text() == gateway->first) lost.push_back(id);
    }
    gateway = m_last_seen.erase(gateway);
  }
  return lost;
}

std::uint64_t ConnectionTable::overtakings() const {
  std::uint64_t overtakings = m_overtakings;
  for (const auto& [id, connection] : m_open) overtakings += connection->overtakings();
  return overtakings;
}

void ConnectionTable::check_invariant() const {
  TELLINA_ASSERT_PROCESS(m_gateways_are_remote || m_last_seen.empty());
  // Without a remote gateway, the table keeps only the ends that the layer refused.
  TELLINA_ASSERT_PROCESS(m_ends.empty() || m_ends.begin()->second.message.kind == MessageKind::close);
}

}  // namespace tellina
