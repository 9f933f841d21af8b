#pragma once

/// The leases of one lane: acquired, renewed every second, returned, and taken from workers that have died.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/runtime/lifeline.hpp"
#include "host/session/environment.hpp"
#include "host/store/store.hpp"
#include "host/worker/sweeper.hpp"

namespace tellina {

/// Knows for which participants the lane has, wants or returns a lease, and until when the leases hold. The sessions
/// are the lane's: the keeper says when one may begin and when one must end.
///
/// Threads: the loop's. The store's answers come back to it through the loop.
class LeaseKeeper {
 public:
  class Callbacks {
   public:
    std::function<void(ParticipantId, const LeaseResult&)> acquired;
    std::function<void(ParticipantId, const std::string& owner)> refused;  ///< another live worker has the lease
    std::function<void(ParticipantId, const std::exception&)> failed;      ///< the store does not answer
    std::function<void(ParticipantId)> lost;                               ///< another worker has taken the lease
    /// The leases hold until then. `had_lapsed`: they might not have held before.
    std::function<void(MonotonicTime until, bool had_lapsed)> renewed;
  };

  /// `environment` must outlive the keeper. Lane `index` of `count` takes its share of the orphans.
  LeaseKeeper(SessionEnvironment& environment, std::size_t index, std::size_t count, Callbacks callbacks);
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  /// Continues with what could not be swept before there were lanes.
  void take_over(const Sweeper& sweeper) { m_sweeper->take_over(sweeper); }

  /// Once, before anything else: leases acquired from now on hold.
  void start();
  /// No lease is acquired from here on. Those that are held are renewed.
  void stop() { m_is_stopping = true; }

  /// Asks the store; ends in one of `acquired`, `refused` and `failed`. The lane must have no lease of the participant.
  void acquire(ParticipantId participant);
  /// The session has begun to return its lease.
  void begin_return(ParticipantId participant);
  /// The session has ended: the lease is returned or lost.
  void end(ParticipantId participant);

  /// No lease, and none is on its way.
  bool is_free(ParticipantId participant) const { return state_of(participant) == State::none; }
  bool is_held(ParticipantId participant) const { return state_of(participant) == State::held; }

  /// Renews all leases, takes orphans, and sweeps what dead workers left. Call it every second; does nothing while the
  /// answer of the call before is still on its way.
  void renew();

  MonotonicTime until() const { return m_until; }
  /// False while the leases may have lapsed: another worker may have the sessions then.
  bool are_valid() const { return m_environment.loop.clock().now() < m_until; }

  void check_invariant() const;

 private:
  enum class State : std::uint8_t { none, acquiring, held, returning };

  /// What one transaction of renew() found.
  class Renewal;

  State state_of(ParticipantId participant) const;
  void change_state(ParticipantId participant, State next);
  void on_answer(ParticipantId participant, const LeaseResult& lease, const std::exception_ptr& error);
  void on_renewal(const Renewal& renewal);

  SessionEnvironment& m_environment;
  const std::size_t m_index;
  const std::size_t m_count;
  const Callbacks m_callbacks;
  const std::shared_ptr<Sweeper> m_sweeper;  ///< shared with tasks in the pool
  std::map<ParticipantId, State> m_states;   ///< without those that are `none`
  MonotonicTime m_until{};
  bool m_is_renewing = false;
  bool m_is_stopping = false;
  Lifeline m_lifeline;
};

}  // namespace tellina
