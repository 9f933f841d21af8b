#include "host/worker/lease_keeper.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/log_event.hpp"

namespace tellina {

class LeaseKeeper::Renewal {
 public:
  explicit Renewal(Timestamp at_) : at(at_) {}
  const Timestamp at;
  std::vector<ParticipantId> expected;  ///< whose leases the lane held before the request
  std::vector<ParticipantId> held;      ///< whose leases the store has renewed
  std::vector<ParticipantId> orphans;
  std::vector<OwnerId> swept;  ///< dead workers whose sandboxes were removed before the request
  std::vector<OwnerId> dead;   ///< workers to sweep
  std::vector<SandboxId> in_use;
};

LeaseKeeper::LeaseKeeper(SessionEnvironment& environment, std::size_t index, std::size_t count, Callbacks callbacks)
    : m_environment(environment),
      m_index(index),
      m_count(count),
      m_callbacks(std::move(callbacks)),
      m_sweeper(std::make_shared<Sweeper>(environment.sandboxes, environment.sandbox_plugin, environment.log)) {
  TELLINA_ASSERT_PROCESS(m_index < m_count);
  TELLINA_ASSERT_PROCESS(m_callbacks.acquired && m_callbacks.refused && m_callbacks.failed);
  TELLINA_ASSERT_PROCESS(m_callbacks.lost && m_callbacks.renewed);
}

void LeaseKeeper::start() {
  TELLINA_ASSERT_PROCESS(m_until == MonotonicTime());
  m_until = m_environment.loop.clock().now() + limits::lease;
  check_invariant();
}

LeaseKeeper::State LeaseKeeper::state_of(ParticipantId participant) const {
  const auto found = m_states.find(participant);
  return found == m_states.end() ? State::none : found->second;
}

void LeaseKeeper::change_state(ParticipantId participant, State next) {
  using Transition = std::pair<State, State>;
  static constexpr std::array<Transition, 6> allowed{{{State::none, State::acquiring},
                                                      {State::acquiring, State::held},
                                                      {State::acquiring, State::none},
                                                      {State::held, State::returning},
                                                      {State::held, State::none},
                                                      {State::returning, State::none}}};
  check_invariant();
  const Transition transition(state_of(participant), next);
  TELLINA_ASSERT_PROCESS(std::find(allowed.begin(), allowed.end(), transition) != allowed.end());
  if (next == State::none)
    m_states.erase(participant);
  else
    m_states[participant] = next;
  check_invariant();
}

void LeaseKeeper::acquire(ParticipantId participant) {
  change_state(participant, State::acquiring);
  const auto lease = std::make_shared<LeaseResult>();
  m_environment.store.submit(
      [lease, participant, worker = m_environment.worker, at = Timestamp(m_environment.loop.clock()),
       lapsed = lapsed_leases()](StoreTransaction& transaction) {
        *lease = transaction.acquire_lease(participant, worker, at, lapsed);
      },
      m_lifeline.posted(m_environment.loop, [this, lease, participant](const std::exception_ptr& error) {
        on_answer(participant, *lease, error);
      }));
}

void LeaseKeeper::on_answer(ParticipantId participant, const LeaseResult& lease, const std::exception_ptr& error) {
  if (error) {
    change_state(participant, State::none);
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& failure) {
      return m_callbacks.failed(participant, failure);
    }
  }
  if (!lease.acquired) {
    change_state(participant, State::none);
    return m_callbacks.refused(participant, lease.owner);
  }
  change_state(participant, State::held);
  m_callbacks.acquired(participant, lease);
}

void LeaseKeeper::begin_return(ParticipantId participant) { change_state(participant, State::returning); }

void LeaseKeeper::end(ParticipantId participant) { change_state(participant, State::none); }

void LeaseKeeper::renew() {
  check_invariant();
  if (m_is_renewing) return;
  const LapsedLease lapsed = lapsed_leases();
  const auto renewal = std::make_shared<Renewal>(Timestamp(m_environment.loop.clock()));
  m_is_renewing = true;
  m_asked = renewal->at.monotonic;
  renewal->swept = m_sweeper->removed();
  for (const auto& [participant, state] : m_states) {
    if (state == State::held) renewal->expected.push_back(participant);
  }
  SandboxBackendChoice backend;
  backend.plugin = m_environment.sandbox_plugin;
  backend.settings = m_environment.sandbox_settings;
  m_environment.store.submit(
      [renewal, lapsed, sweeper = m_sweeper, worker = m_environment.worker, backend](StoreTransaction& transaction) {
        for (const OwnerId& swept : renewal->swept) transaction.record_sweep(swept, renewal->at);
        transaction.retire_dead_workers(renewal->at);
        sweeper->add(transaction.claim_sweeps(worker, backend));
        renewal->dead = sweeper->due();
        if (!renewal->dead.empty()) renewal->in_use = transaction.find_sandboxes_in_use();
        renewal->held = transaction.renew_leases(worker, renewal->at);
        renewal->orphans = transaction.find_orphans(renewal->at, lapsed);
      },
      m_lifeline.posted(m_environment.loop, [this, renewal](const std::exception_ptr& error) {
        TELLINA_ASSERT_PROCESS(m_is_renewing);
        m_is_renewing = false;
        if (error) return m_steady_since.reset();
        m_sweeper->forget(renewal->swept);
        on_renewal(*renewal);
      }));
}

LapsedLease LeaseKeeper::lapsed_leases() const {
  const MonotonicTime now = m_environment.loop.clock().now();
  const bool waits = m_is_renewing && now - m_asked > limits::slow_renewal;
  const bool is_steady = are_valid() && !waits && m_steady_since && now - *m_steady_since >= limits::steady_renewals;
  return is_steady ? LapsedLease::is_free : LapsedLease::stays;
}

void LeaseKeeper::note_renewal(MonotonicTime asked, bool had_lapsed) {
  const MonotonicTime now = m_environment.loop.clock().now();
  const bool was_quick = !had_lapsed && now - asked <= limits::slow_renewal;
  if (!was_quick || !m_steady_since) m_steady_since = now;
}

void LeaseKeeper::on_renewal(const Renewal& renewal) {
  check_invariant();
  for (const ParticipantId participant : renewal.expected) {
    const State state = state_of(participant);
    const bool has_session = state == State::held || state == State::returning;
    if (!has_session || std::find(renewal.held.begin(), renewal.held.end(), participant) != renewal.held.end())
      continue;
    LogEvent("session_lost").add_participant(participant).write(m_environment.log);
    m_callbacks.lost(participant);
  }
  if (!renewal.dead.empty()) {
    m_environment.pool.submit(BlockingPool::Use::removal, [sweeper = m_sweeper, dead = renewal.dead,
                                                           in_use = renewal.in_use] { sweeper->run(dead, in_use); });
  }
  if (!m_is_stopping) {
    for (const ParticipantId participant : renewal.orphans) {
      const bool is_ours = static_cast<std::size_t>(participant) % m_count == m_index;
      if (is_ours && is_free(participant)) acquire(participant);
    }
    // After a failure of the store, the lane may hold a lease without a session. Acquiring it again starts one, so that
    // the task's clock is kept.
    for (const ParticipantId participant : renewal.held) {
      if (is_free(participant)) acquire(participant);
    }
  }
  const bool had_lapsed = !are_valid();
  note_renewal(renewal.at.monotonic, had_lapsed);
  m_until = renewal.at.monotonic + limits::lease;
  check_invariant();
  m_callbacks.renewed(m_until, had_lapsed);
}

void LeaseKeeper::check_invariant() const {
  TELLINA_ASSERT_PROCESS(m_until != MonotonicTime() || m_states.empty());
  TELLINA_ASSERT_PROCESS(m_asked <= m_environment.loop.clock().now());
  TELLINA_ASSERT_PROCESS(m_sweeper);
}

}  // namespace tellina
