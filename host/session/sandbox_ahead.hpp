#pragma once

/// A sandbox for the task that a participant is about to start, made while they read what it is about.

#include <memory>
#include <string>

#include "host/session/sandbox_handle.hpp"

namespace tellina {

/// Its shell's first prompt waits in the terminal, unread, until a task takes it.
///
/// Threads: the loop's.
class SandboxAhead {
 public:
  /// `study`: whose task `task_number` it is for.
  SandboxAhead(SessionEnvironment& environment, std::shared_ptr<const Study> study, int task_number, SandboxSpec spec);
  /// Ends the sandbox without waiting, unless it has been taken.
  ~SandboxAhead();
  SandboxAhead(const SandboxAhead&) = delete;
  SandboxAhead& operator=(const SandboxAhead&) = delete;

  /// A study that was changed meanwhile has other tasks.
  bool is_for(const std::shared_ptr<const Study>& study, int task_number) const {
    return m_study == study && m_task_number == task_number;
  }
  const SandboxId& id() const { return m_id; }

  /// Gives the sandbox away, once: inside the call where it is there, else when it is.
  void take(SandboxHandle::Started taker);
  /// Ends the sandbox, also one that is being started, unless it has been taken; `done` runs when it is gone.
  void stop(std::function<void()> done);

 private:
  /// Outlives the object where the sandbox is not there yet.
  struct Order {
    std::shared_ptr<SessionStatistics> statistics;
    bool is_there = false;
    std::shared_ptr<SandboxHandle> sandbox;
    std::exception_ptr error;
    SandboxHandle::Started taker;
  };
  static void hand_over(Order& order);

  std::shared_ptr<const Study> m_study;
  int m_task_number;
  SandboxId m_id;
  std::shared_ptr<Order> m_order = std::make_shared<Order>();
};

}  // namespace tellina
