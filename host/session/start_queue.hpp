#pragma once

/// Starts one participant's sandboxes one after another.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

namespace tellina {

/// The blocking pool starts sandboxes in the order in which it is asked. It is asked for one sandbox of a participant
/// at a time, so participants take turns, and one who needs many starts delays each of the others by one at most.
/// Also bounds how many sandboxes a participant has, including those that are being removed.
///
/// Threads: the loop's. Lifetime: held by a shared_ptr. Once the queue is destroyed, its waiting starts never begin.
class StartQueue : public std::enable_shared_from_this<StartQueue> {
 public:
  /// Says how a start ended. Called once, on the loop; may be called within the call that began the start.
  using Ended = std::function<void(bool has_sandbox)>;

  /// `begin` runs at its turn: within this call, or later from the loop.
  void request(std::function<void(Ended)> begin);
  /// A sandbox that was started has been removed.
  void sandbox_removed();

  std::size_t waiting() const { return m_waiting.size(); }
  void check_invariant() const;

 private:
  void begin_next();
  void on_ended(bool has_sandbox);

  std::deque<std::function<void(Ended)>> m_waiting;
  bool m_is_starting = false;
  std::size_t m_sandboxes = 0;  ///< that exist, or are being started
};

}  // namespace tellina
