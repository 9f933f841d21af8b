#include "host/worker/owned_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "host/runtime/assertion.hpp"

namespace tellina {

void OwnedSession::begin(SessionEnvironment& environment, const LeaseResult& lease,
                         ParticipantSession::Callbacks callbacks) {
  TELLINA_ASSERT_PROCESS(!m_session);
  TELLINA_ASSERT_PROCESS(lease.acquired);
  m_session = std::make_unique<ParticipantSession>(environment, lease, std::move(callbacks));
  check_invariant();
}

void OwnedSession::change_state(State next) {
  using Transition = std::pair<State, State>;
  static constexpr std::array<Transition, 3> allowed{
      {{State::running, State::leaving}, {State::running, State::broken}, {State::leaving, State::broken}}};
  const Transition transition(m_state, next);
  TELLINA_ASSERT_PROCESS(std::find(allowed.begin(), allowed.end(), transition) != allowed.end());
  m_state = next;
  check_invariant();
}

void OwnedSession::check_invariant() const { TELLINA_ASSERT_PROCESS(m_session || is_broken()); }

}  // namespace tellina
