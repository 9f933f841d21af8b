#pragma once

/// Lets a channel layer do its receiving on an event loop.

#include <memory>

#include "host/runtime/lifeline.hpp"
#include "host/runtime/loop.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Dispatches for as long as it lives, where the layer offers that; else does nothing. A layer that throws, which it
/// must not, is left to its own threads from then on.
///
/// Threads: constructor and destructor on one that is not the loop's; the loop runs until after the destructor.
class LayerDispatch {
 public:
  /// After the layer's first receive(). Throws Error where the layer cannot begin; then it continues on its own
  /// threads.
  LayerDispatch(Loop& loop, ChannelLayer& layer, Log& log);
  LayerDispatch(const LayerDispatch&) = delete;
  LayerDispatch& operator=(const LayerDispatch&) = delete;
  ~LayerDispatch();

 private:
  void begin();
  void dispatch();
  bool ask_layer();
  void look_from_time_to_time();
  void end() noexcept;

  Loop& m_loop;
  ChannelLayer& m_layer;
  Log& m_log;

  // Of the loop's thread.
  std::unique_ptr<Loop::Watch> m_watch;
  std::unique_ptr<Loop::Timer> m_timer;
  bool m_is_armed = false;   ///< the watch will call
  bool m_is_posted = false;  ///< a call is behind what the receivers have posted
  Lifeline m_lifeline;
};

}  // namespace tellina
