#pragma once

/// How many observations of a participant go into the record.

#include <chrono>
#include <functional>
#include <memory>

#include "host/limits.hpp"
#include "host/runtime/loop.hpp"
#include "host/study/records.hpp"
#include "host/wire/observation_frame.hpp"

namespace tellina {

/// Keeps one participant's reports within bounds: 100 observations and 50 frames of input times a second. A page that
/// was away sends at once what it kept, which is at most 1,000 frames: so much may come in one go.
///
/// Threads: the loop's.
class ObservationLimit {
 public:
  /// `report`: one event "observations_dropped" for each second in which frames were dropped, at its end.
  ObservationLimit(Loop& loop, std::function<void(EventRecord)> report);

  /// Whether this one may be recorded; else it is counted.
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

  void wait_a_second();
  void on_second();

  Loop& m_loop;
  std::function<void(EventRecord)> m_report;
  std::unique_ptr<Loop::Timer> m_second;
  Budget m_observations{100};
  Budget m_input_times{50};
  bool m_is_running = false;
};

}  // namespace tellina
