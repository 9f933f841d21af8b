/// A lane's leases: whose sessions it has, gives back and takes from workers that have died.

#include <algorithm>
#include <utility>

#include "host/runtime/log_event.hpp"
#include "host/worker/worker_lane.hpp"

namespace tellina {
namespace {

constexpr std::chrono::seconds tick_interval{1};

}  // namespace

void WorkerLane::acquire(ParticipantId participant) {
  m_entering.try_emplace(participant);
  const auto lease = std::make_shared<LeaseResult>();
  m_environment.store.submit(
      [lease, participant, worker = m_environment.worker, at = now()](StoreTransaction& transaction) {
        *lease = transaction.acquire_lease(participant, worker, at);
      },
      [this, &loop = m_environment.loop, lease, participant, alive = std::weak_ptr(m_alive)](std::exception_ptr error) {
        loop.post([this, lease, participant, alive, error] {
          if (!alive.expired()) on_lease(participant, *lease, error);
        });
      });
}

void WorkerLane::on_lease(ParticipantId participant, const LeaseResult& lease, const std::exception_ptr& error) {
  const std::vector<std::string> waiting = std::move(m_entering[participant]);
  m_entering.erase(participant);
  if (error || m_stopping) {
    if (error) complain(error);
    for (const std::string& id : waiting) {
      if (const auto found = m_connections.find(id); found != m_connections.end()) {
        found->second->close(close_code::try_again_later, "the database does not answer");
      }
    }
    return;
  }
  if (!lease.acquired) return forward(waiting, lease.owner);
  if (lease.taken_over) {
    LogEvent event("taken_over");
    event.add_participant(participant);
    if (lease.progress.latest) event.add("task", lease.progress.latest->task_number);
    event.write(m_environment.log);
  }
  ParticipantSession::Callbacks callbacks;
  callbacks.idle = [this, participant] { leave(participant); };
  callbacks.lost = [this, participant] { lose(participant); };
  Owned& owned = m_sessions[participant];
  owned.session = std::make_unique<ParticipantSession>(m_environment, lease, std::move(callbacks));
  for (const std::string& id : waiting) {
    if (const auto found = m_connections.find(id); found != m_connections.end()) let_in(*found->second, *owned.session);
  }
  // Nobody may have waited for as long as it took.
  if (owned.session->is_idle()) leave(participant);
}

void WorkerLane::complain(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& failure) {
    m_environment.log.error(std::string("a session could not be taken: ") + failure.what());
  }
}

void WorkerLane::forward(const std::vector<std::string>& connections, const std::string& owner) {
  for (const std::string& id : connections) {
    const auto found = m_connections.find(id);
    if (found == m_connections.end()) continue;
    if (m_outbox.send(ChannelName(m_environment.channel_prefix + "worker." + owner), found->second->connect()) ==
        SendResult::accepted) {
      m_connections.erase(found);
    } else {
      found->second->close(close_code::try_again_later, "the worker that has this session does not answer");
    }
  }
}

void WorkerLane::leave(ParticipantId participant) {
  const auto owned = m_sessions.find(participant);
  if (owned == m_sessions.end() || std::exchange(owned->second.is_leaving, true)) return;
  owned->second.session->release(guarded([this, participant] {
    for (auto& [id, connection] : m_connections) {
      if (connection->participant() == participant) connection->session = nullptr;
    }
    // The session called this: it goes on the loop's next turn.
    m_environment.loop.post(guarded([this, participant] {
      m_sessions.erase(participant);
      if (m_stopping && m_sessions.empty()) return std::exchange(m_stopped, [] {})();
      if (m_entering.contains(participant)) acquire(participant);
    }));
  }));
}

void WorkerLane::lose(ParticipantId participant) {
  const auto owned = m_sessions.find(participant);
  if (owned == m_sessions.end()) return;
  for (auto& [id, connection] : m_connections) {
    if (connection->session == owned->second.session.get()) connection->session = nullptr;
  }
  owned->second.session->abandon();
  m_sessions.erase(owned);
  if (m_stopping && m_sessions.empty()) return std::exchange(m_stopped, [] {})();
  if (m_entering.contains(participant)) acquire(participant);
}

void WorkerLane::tick() {
  m_timer->start(m_environment.loop.clock().now() + tick_interval, [this] { tick(); });
  detach_lost_gateways();
  say_unsaid_ends();
  if (std::exchange(m_tick_under_way, true)) return;
  struct Found {
    std::vector<ParticipantId> held;
    std::vector<ParticipantId> orphans;
    std::vector<OwnerId> dead;
    std::vector<SandboxId> in_use;
  };
  const auto found = std::make_shared<Found>();
  std::vector<ParticipantId> asked;
  for (const auto& [participant, owned] : m_sessions) {
    if (!owned.is_leaving) asked.push_back(participant);
  }
  const Timestamp at = now();
  m_environment.store.submit(
      [found, sweeper = m_sweeper, worker = m_environment.worker, at](StoreTransaction& transaction) {
        sweeper->add(transaction.retire_dead_workers(at));
        found->dead = sweeper->due();
        if (!found->dead.empty()) found->in_use = transaction.find_sandboxes_in_use();
        found->held = transaction.renew_leases(worker, at);
        found->orphans = transaction.find_orphans(at);
      },
      [this, found, asked, at, &loop = m_environment.loop, alive = std::weak_ptr(m_alive)](std::exception_ptr error) {
        loop.post([this, found, asked, at, alive, error] {
          if (alive.expired()) return;
          m_tick_under_way = false;
          if (error) return;
          on_tick(asked, found->held, found->orphans, found->dead, found->in_use);
          extend_leases(at.monotonic);
        });
      });
}

void WorkerLane::on_tick(const std::vector<ParticipantId>& asked, const std::vector<ParticipantId>& held,
                         const std::vector<ParticipantId>& orphans, const std::vector<OwnerId>& dead,
                         const std::vector<SandboxId>& keep) {
  for (const ParticipantId participant : asked) {
    if (std::find(held.begin(), held.end(), participant) != held.end()) continue;
    LogEvent("session_lost").add_participant(participant).write(m_environment.log);
    lose(participant);
  }
  if (!dead.empty()) {
    m_environment.pool.submit(BlockingPool::Use::removal,
                              [sweeper = m_sweeper, dead, keep] { sweeper->run(dead, keep); });
  }
  if (m_stopping) return;
  for (const ParticipantId participant : orphans) {
    const bool ours = static_cast<std::size_t>(participant) % m_count == m_index;
    if (ours && !m_sessions.contains(participant) && !m_entering.contains(participant)) acquire(participant);
  }
  // Ours, and no session for it: one that the store refused. Its clock must go on.
  for (const ParticipantId participant : held) {
    if (!m_sessions.contains(participant) && !m_entering.contains(participant)) acquire(participant);
  }
}

void WorkerLane::extend_leases(MonotonicTime renewed) {
  const bool had_lapsed = !m_environment.holds_leases();
  m_environment.leases_until = renewed + lease_duration;
  if (!had_lapsed) return;
  for (const auto& [participant, owned] : m_sessions) owned.session->resume();
  handle_held();
}

void WorkerLane::stop(std::function<void()> done) {
  m_stopping = true;
  m_subscriptions.clear();
  m_timer->cancel();
  m_stopped = std::move(done);
  if (m_sessions.empty()) return m_environment.loop.post(std::exchange(m_stopped, [] {}));
  std::vector<ParticipantId> all;
  for (const auto& [participant, owned] : m_sessions) all.push_back(participant);
  for (const ParticipantId participant : all) leave(participant);
}

}  // namespace tellina
