#pragma once

/// Lets a channel layer receive on an event loop.

#include <memory>

#include "host/runtime/assertion.hpp"
#include "host/runtime/lifeline.hpp"
#include "host/runtime/loop.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Calls the layer's dispatch() on the loop while the object lives, if the layer supports that; otherwise does nothing.
/// If dispatch() throws, which the SDK forbids, the layer continues on its own threads.
///
/// Threads: the constructor and the destructor run on a thread that is not the loop's. The loop runs until after the
/// destructor.
class LayerDispatch {
 public:
  /// Called after the layer's first receive(). Throws Error if the layer cannot begin; then it continues on its own
  /// threads.
  LayerDispatch(Loop& loop, ChannelLayer& layer, Log& log);
  LayerDispatch(const LayerDispatch&) = delete;
  LayerDispatch& operator=(const LayerDispatch&) = delete;
  ~LayerDispatch();

 private:
  friend class InvariantScope<LayerDispatch>;

  void begin();
  void dispatch();
  bool ask_layer();
  void dispatch_periodically();
  void end() noexcept;
  void check_invariant() const;

  Loop& m_loop;
  ChannelLayer& m_layer;
  Log& m_log;

  // Used on the loop's thread only.
  std::unique_ptr<Loop::Watch> m_watch;
  std::unique_ptr<Loop::Timer> m_timer;
  bool m_is_armed = false;   ///< the watch will call dispatch()
  bool m_is_posted = false;  ///< a dispatch() is posted, behind the tasks that the receivers posted
  Lifeline m_lifeline;
};

}  // namespace tellina
