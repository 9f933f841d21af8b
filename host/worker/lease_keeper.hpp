#pragma once

/// One lane's leases: acquires them, renews them every second, returns them, and takes over those of workers that are
/// dead or hang.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/runtime/lifeline.hpp"
#include "host/session/environment.hpp"
#include "host/store/store.hpp"
#include "host/worker/sweeper.hpp"

namespace tellina {

/// Knows for which participants the lane holds, acquires or returns a lease, and when the leases expire. The lane runs
/// the sessions. The keeper reports when a session may begin and when it must end.
///
/// Threads: the loop's. The store's results are posted to the loop.
class LeaseKeeper {
 public:
  class Callbacks {
   public:
    std::function<void(ParticipantId, const LeaseResult&)> acquired;
    std::function<void(ParticipantId, const std::string& owner)> refused;  ///< another live worker has the lease
    std::function<void(ParticipantId, const std::exception&)> failed;      ///< the store does not answer
    std::function<void(ParticipantId)> lost;                               ///< another worker has taken the lease
    /// The leases are valid until `until`. `had_lapsed`: they may have expired before.
    std::function<void(MonotonicTime until, bool had_lapsed)> renewed;
  };

  /// `environment` must outlive the keeper. Lane `index` of `count` takes its share of the orphans.
  LeaseKeeper(SessionEnvironment& environment, std::size_t index, std::size_t count, Callbacks callbacks);
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  /// Takes over the workers that could not be swept before the lanes started.
  void take_over(const Sweeper& sweeper) { m_sweeper->take_over(sweeper); }

  /// Called once, before everything else. Leases acquired from now on count as valid.
  void start();
  /// Acquires no more leases. Renews the held ones.
  void stop() { m_is_stopping = true; }

  /// Asks the store, and then calls one of `acquired`, `refused` and `failed`. The lane must not have a lease of the
  /// participant.
  void acquire(ParticipantId participant);
  /// The session has begun to return its lease.
  void begin_return(ParticipantId participant);
  /// The session has ended: its lease is returned or lost.
  void end(ParticipantId participant);

  /// Whether there is neither a lease nor a request for one.
  bool is_free(ParticipantId participant) const { return state_of(participant) == State::none; }
  bool is_held(ParticipantId participant) const { return state_of(participant) == State::held; }

  /// Renews all leases, takes over orphans, and sweeps after dead workers. Call it every second. Does nothing while the
  /// result of the previous call is pending.
  void renew();

  MonotonicTime until() const { return m_until; }
  /// False if the leases may have expired. Then another worker may have the sessions.
  bool are_valid() const { return m_environment.loop.clock().now() < m_until; }

  void check_invariant() const;

 private:
  enum class State : std::uint8_t { none, acquiring, held, returning };

  /// The results of one transaction of renew().
  class Renewal;

  State state_of(ParticipantId participant) const;
  /// Whether live workers keep their lapsed leases. They do, unless all renewals here have been quick for so long that
  /// every worker could have renewed its own.
  LapsedLease lapsed_leases() const;
  void change_state(ParticipantId participant, State next);
  void on_answer(ParticipantId participant, const LeaseResult& lease, const std::exception_ptr& error);
  void on_renewal(const Renewal& renewal);
  void note_renewal(MonotonicTime asked, bool had_lapsed);

  SessionEnvironment& m_environment;
  const std::size_t m_index;
  const std::size_t m_count;
  const Callbacks m_callbacks;
  const std::shared_ptr<Sweeper> m_sweeper;  ///< shared with tasks on the blocking pool
  std::map<ParticipantId, State> m_states;   ///< without participants in state `none`
  MonotonicTime m_until{};
  MonotonicTime m_asked{};                        ///< for the last renewal
  std::optional<MonotonicTime> m_steady_since{};  ///< every renewal since then was quick
  bool m_is_renewing = false;
  bool m_is_stopping = false;
  Lifeline m_lifeline;
};

}  // namespace tellina
