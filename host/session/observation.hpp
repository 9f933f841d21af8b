#pragma once

/// Limits how many observations of a participant are recorded.

#include <chrono>
#include <functional>
#include <memory>

#include "host/limits.hpp"
#include "host/runtime/loop.hpp"
#include "host/study/records.hpp"
#include "host/wire/observation_frame.hpp"

namespace tellina {

/// Limits one participant's reports to 100 observations and 50 frames of input times a second. A page that was
/// disconnected sends everything it kept at once, at most 1,000 frames, so the limit allows a burst of that size.
///
/// Threads: the loop's.
class ObservationLimit {
 public:
  /// `report` gets one event "observations_dropped" at the end of each second in which frames were dropped.
  ObservationLimit(Loop& loop, std::function<void(EventRecord)> report);

  /// Returns whether this frame may be recorded; if not, counts it.
  bool admit(const ObservationFrame& frame);

  void check_invariant() const;

 private:
  class Budget {
   public:
    explicit Budget(int a_second) : m_a_second(a_second) {}
    bool take();
    void refill();
    bool is_full() const { return m_left == limits::observation_burst; }
    void check_invariant() const;
    int dropped = 0;

   private:
    int m_a_second;
    int m_left = limits::observation_burst;
  };

  void start_second();
  void on_second();

  Loop& m_loop;
  std::function<void(EventRecord)> m_report;
  std::unique_ptr<Loop::Timer> m_second;
  Budget m_observations{100};
  Budget m_input_times{50};
  bool m_is_running = false;
};

}  // namespace tellina
