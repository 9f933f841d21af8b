#pragma once

/// Lets a channel layer receive on an event loop.

#include <memory>

#include "host/runtime/assertion.hpp"
#include "host/runtime/lifeline.hpp"
#include "host/runtime/loop.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Dispatches while the object lives, if the layer supports that; otherwise does nothing. If the layer throws, which
/// the SDK forbids, it continues on its own threads.
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
  void look_from_time_to_time();
  void end() noexcept;
  void check_invariant() const;

  Loop& m_loop;
  ChannelLayer& m_layer;
  Log& m_log;

  // Used on the loop's thread only.
  std::unique_ptr<Loop::Watch> m_watch;
  std::unique_ptr<Loop::Timer> m_timer;
  bool m_is_armed = false;   ///< the watch will call dispatch()
  bool m_is_posted = false;  ///< a call is posted, after the receivers' posts
  Lifeline m_lifeline;
};

}  // namespace tellina
