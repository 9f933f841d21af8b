#pragma once

/// Lets queued tasks check whether their object still exists.

#include <memory>
#include <utility>

#include "host/runtime/loop.hpp"

namespace tellina {

/// A member of an object whose callbacks may outlive it. Declare it last, so that it is destroyed, and so cut, before
/// the other members. The callbacks may be copied.
///
/// Threads: the object's loop, for the Lifeline and for the calls that it guards. Creating, copying and destroying a
/// guarded call, and calling a posted() one, is allowed on any thread.
class Lifeline {
 public:
  /// Answers whether the object still exists.
  class Observer {
   public:
    bool is_cut() const { return m_state.expired(); }

   private:
    friend class Lifeline;
    explicit Observer(const std::shared_ptr<const bool>& state) : m_state(state) {}
    std::weak_ptr<const bool> m_state;
  };

  Lifeline() = default;
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  Observer observer() const { return Observer(m_state); }

  /// From now on, calls that were guarded before do nothing. Calls that are guarded later still run.
  void cut() { m_state = std::make_shared<const bool>(true); }

  /// Wraps `call`: it does nothing once the lifeline is cut. Returns a copyable callable with the same parameters that
  /// returns nothing.
  template <typename Call>
  auto guarded(Call call) const {
    return [observer = observer(), call = std::move(call)](auto&&... arguments) mutable {
      if (!observer.is_cut()) call(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  /// The same for callers on other threads: calling the result posts the guarded call, with its arguments, to `loop`,
  /// which must outlive the result.
  template <typename Call>
  auto posted(Loop& loop, Call call) const {
    return [&loop, call = guarded(std::move(call))](auto... arguments) {
      loop.post([call, ... arguments = std::move(arguments)]() mutable { call(std::move(arguments)...); });
    };
  }

  /// Calls a copy of `callback`, which may destroy the object and with it `callback`. Returns whether the object still
  /// exists; if not, the caller must return without touching it.
  template <typename Callback, typename... Arguments>
  [[nodiscard]] bool survives(const Callback& callback, Arguments&&... arguments) const {
    const Observer after = observer();
    const Callback copy = callback;
    copy(std::forward<Arguments>(arguments)...);
    return !after.is_cut();
  }

 private:
  std::shared_ptr<const bool> m_state = std::make_shared<const bool>(true);
};

}  // namespace tellina
