#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "host/server/loop_threads.hpp"
#include "host/server/supervisor_link.hpp"

namespace tellina {

/// Tells the supervisor that this process is alive: each of its loops has run a task since the last beat. Whether the
/// database can be written does not matter.
///
/// Threads: one.
class Heartbeat {
 public:
  /// Both must outlive the object.
  Heartbeat(const SupervisorLink& link, LoopThreads& loops) : m_link(link), m_loops(loops) {}

  /// Call it every `limits::heartbeat`.
  void beat();

 private:
  const SupervisorLink& m_link;
  LoopThreads& m_loops;
  std::shared_ptr<std::atomic<std::size_t>> m_unanswered = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace tellina
