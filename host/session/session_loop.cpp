#include "host/session/session_loop.hpp"

namespace tellina {

SessionLoop::SessionLoop(Loop& loop, Failed failed)
    : m_loop(loop), m_boundary(std::make_shared<Boundary>(std::move(failed))) {}

void SessionLoop::post(Task task) { m_loop.post(guarded(std::move(task))); }

/// Stores the task itself, so that posting to the loop needs no allocation.
class SessionLoop::BoundedTimer final : public Loop::Timer {
 public:
  BoundedTimer(std::unique_ptr<Loop::Timer> timer, std::shared_ptr<Boundary> boundary)
      : m_timer(std::move(timer)), m_boundary(std::move(boundary)) {}

  void start(MonotonicTime when, Task task) override {
    m_task = std::move(task);
    m_timer->start(when, [this] { fire(); });
  }
  void cancel() override {
    m_timer->cancel();
    m_task = nullptr;
  }

 private:
  /// The task may destroy the timer.
  void fire() {
    const std::shared_ptr<Boundary> boundary = m_boundary;
    const Task task = std::exchange(m_task, nullptr);
    boundary->run(task);
  }

  const std::unique_ptr<Loop::Timer> m_timer;
  const std::shared_ptr<Boundary> m_boundary;
  Task m_task;
};

class SessionLoop::BoundedWatch final : public Loop::Watch {
 public:
  BoundedWatch(std::unique_ptr<Loop::Watch> watch, std::shared_ptr<Boundary> boundary)
      : m_watch(std::move(watch)), m_boundary(std::move(boundary)) {}

  void when_readable(Task task) override {
    m_read = std::move(task);
    m_watch->when_readable([this] { fire(m_read); });
  }
  void when_writable(Task task) override {
    m_write = std::move(task);
    m_watch->when_writable([this] { fire(m_write); });
  }

 private:
  /// The task may destroy the watch.
  void fire(Task& kept) const {
    const std::shared_ptr<Boundary> boundary = m_boundary;
    const Task task = std::exchange(kept, nullptr);
    boundary->run(task);
  }

  const std::unique_ptr<Loop::Watch> m_watch;
  const std::shared_ptr<Boundary> m_boundary;
  Task m_read;
  Task m_write;
};

std::unique_ptr<Loop::Timer> SessionLoop::make_timer() {
  return std::make_unique<BoundedTimer>(m_loop.make_timer(), m_boundary);
}

std::unique_ptr<Loop::Watch> SessionLoop::watch(int descriptor) {
  return std::make_unique<BoundedWatch>(m_loop.watch(descriptor), m_boundary);
}

}  // namespace tellina
