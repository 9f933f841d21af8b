#pragma once

/// Lets a channel layer do its receiving on an event loop.

#include <memory>

#include "host/runtime/loop.hpp"
#include "tellina/channel_layer.hpp"

namespace tellina {

/// Dispatches for as long as it lives, where the layer offers that; else does nothing.
///
/// Threads: constructor and destructor on one that is not the loop's; the loop runs until after the destructor.
class LayerDispatch {
 public:
  /// After the layer's first receive(). Throws Error where the layer fails.
  LayerDispatch(Loop& loop, ChannelLayer& layer);
  LayerDispatch(const LayerDispatch&) = delete;
  LayerDispatch& operator=(const LayerDispatch&) = delete;
  ~LayerDispatch();

 private:
  void begin();
  void dispatch();
  void look_from_time_to_time();

  Loop& m_loop;
  ChannelLayer& m_layer;

  // Of the loop's thread.
  std::unique_ptr<Loop::Watch> m_watch;
  std::unique_ptr<Loop::Timer> m_timer;
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace tellina
