#pragma once

/// Checks that a worker answers when a gateway starts.

#include <memory>
#include <string>

#include "host/gateway/lane.hpp"

namespace tellina {

/// Sends requests until a worker answers. If the first request gets no answer, it logs that participants have to wait,
/// and the possible causes. It logs a second line after the first answer.
///
/// Threads: the lane's loop.
class WorkerProbe final : public LaneMember {
 public:
  explicit WorkerProbe(std::shared_ptr<Lane> lane) : m_lane(std::move(lane)) {}
  ~WorkerProbe() override { m_lane->remove(this); }

  void start();
  void close_gracefully() override { m_timer.reset(); }
  void close_now() override { m_timer.reset(); }

 private:
  void ask();
  void on_answer(bool is_ready);

  const std::shared_ptr<Lane> m_lane;
  std::unique_ptr<Loop::Timer> m_timer;  ///< null before start() and once the gateway stops
  bool m_has_warned = false;             ///< the first line is logged
};

}  // namespace tellina
