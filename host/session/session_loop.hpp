#pragma once

/// The boundary of one session: an assertion that fails inside it ends only that session.

#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "host/runtime/assertion.hpp"
#include "host/runtime/loop.hpp"

namespace tellina {

/// A loop as one session sees it. Each task that the session posts, and each of its timers and watches, runs inside the
/// boundary. The first AssertionFailure that leaves one of them closes the boundary and is reported. After that, none
/// of them runs.
///
/// Threads: the loop's, except post() and what posted() returns, which any thread may call.
/// Lifetime: `loop` must outlive every callable that this object returns. Those may outlive this object; then they do
/// nothing.
class SessionLoop final : public Loop {
 public:
  using Failed = std::function<void(const AssertionFailure&)>;

  /// `failed` is called at most once, when the failure is caught. It must not destroy the session.
  SessionLoop(Loop& loop, Failed failed);
  SessionLoop(const SessionLoop&) = delete;
  SessionLoop& operator=(const SessionLoop&) = delete;
  ~SessionLoop() override { close(); }

  void post(Task task) override;
  bool is_current() const override { return m_loop.is_current(); }
  Clock& clock() override { return m_loop.clock(); }
  std::unique_ptr<Timer> make_timer() override;
  std::unique_ptr<Watch> watch(int descriptor) override;

  /// Runs a call that comes from outside the session.
  template <typename Call>
  void run(Call&& call) const {
    const std::shared_ptr<Boundary> boundary = m_boundary;
    boundary->run(std::forward<Call>(call));
  }
  /// Wraps a call that the loop's owner will run.
  template <typename Call>
  auto guarded(Call call) const {
    return [boundary = m_boundary, call = std::move(call)](auto&&... arguments) mutable {
      boundary->run([&] { call(std::forward<decltype(arguments)>(arguments)...); });
    };
  }
  /// Wraps a call for another thread: calling the result posts the call, with its arguments, to the loop.
  template <typename Call>
  auto posted(Call call) const {
    return [&loop = m_loop, call = guarded(std::move(call))](auto... arguments) {
      loop.post([call, ... arguments = std::move(arguments)]() mutable { call(std::move(arguments)...); });
    };
  }

  void close() { m_boundary->is_closed = true; }
  bool is_closed() const { return m_boundary->is_closed; }

 private:
  class BoundedTimer;
  class BoundedWatch;

  struct Boundary {
    Failed failed;
    bool is_closed = false;
    bool is_inside = false;  ///< a call runs; only the outermost call catches failures

    template <typename Call>
    void run(Call&& call) {
      if (is_closed) return;
      if (is_inside) return static_cast<void>(call());
      is_inside = true;
      try {
        call();
      } catch (const AssertionFailure& failure) {
        if (!std::exchange(is_closed, true)) failed(failure);
      } catch (const std::bad_alloc&) {
        // The call may have stopped halfway, so the state is unknown, as after a failed assertion.
        if (!std::exchange(is_closed, true)) failed(AssertionFailure("there is enough memory", __FILE__, __LINE__));
      } catch (...) {
        is_inside = false;
        throw;
      }
      is_inside = false;
    }
  };

  Loop& m_loop;
  const std::shared_ptr<Boundary> m_boundary;
};

}  // namespace tellina
