#pragma once

/// Whether anybody answers a gateway that has just started.

#include <memory>
#include <string>

#include "host/gateway/lane.hpp"

namespace tellina {

/// Asks workers until one answers. Where none does at first, the log says that participants wait, and why that can be;
/// then it says when one is there.
///
/// Threads: the lane's loop.
class FirstAnswer final : public LaneMember {
 public:
  explicit FirstAnswer(std::shared_ptr<Lane> lane) : m_lane(std::move(lane)) {}
  ~FirstAnswer() override { m_lane->remove(this); }

  void start();
  void leave() override { m_timer.reset(); }
  void cut() override { m_timer.reset(); }

 private:
  void ask();
  void on_answer(bool is_ready);

  const std::shared_ptr<Lane> m_lane;
  std::unique_ptr<Loop::Timer> m_timer;  ///< null before start() and once the gateway stops
  bool m_waits = false;                  ///< the log says so
};

}  // namespace tellina
