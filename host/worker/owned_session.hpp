#pragma once

#include <cstdint>
#include <memory>

#include "host/session/environment.hpp"
#include "host/session/participant_session.hpp"

namespace tellina {

/// A session that a lane runs, and whether it can still be used.
///
/// Threads: the loop's.
class OwnedSession {
 public:
  enum class State : std::uint8_t {
    running,
    leaving,  ///< returns its lease
    broken    ///< an assertion has failed; the session is destroyed on the loop's next turn
  };

  /// Throws AssertionFailure. Then there is no session, and the lane marks this object as broken.
  void begin(SessionEnvironment& environment, const LeaseResult& lease, ParticipantSession::Callbacks callbacks);

  /// Null if begin() failed.
  ParticipantSession* session() const { return m_session.get(); }
  bool is_running() const { return m_session && m_state == State::running; }
  bool is_broken() const { return m_state == State::broken; }
  /// running -> leaving, running -> broken, leaving -> broken. Any other change ends the process.
  void change_state(State next);

  void check_invariant() const;

 private:
  std::unique_ptr<ParticipantSession> m_session;
  State m_state = State::running;
};

}  // namespace tellina
