#include "host/server/layer_dispatch.hpp"

#include <chrono>

#include "host/plugins/guard.hpp"
#include "host/server/loop_threads.hpp"

namespace tellina {
namespace {

constexpr const char* plugin = "channel layer";
/// The SDK promises at least one look a second.
constexpr std::chrono::milliseconds between_looks{500};

}  // namespace

LayerDispatch::LayerDispatch(Loop& loop, ChannelLayer& layer) : m_loop(loop), m_layer(layer) {
  run_on(m_loop, [this] { begin(); });
}

LayerDispatch::~LayerDispatch() {
  run_on(m_loop, [this] {
    m_alive.reset();
    if (!m_watch) return;
    m_watch.reset();
    m_timer.reset();
    m_layer.end_dispatching();
  });
}

void LayerDispatch::begin() {
  const int descriptor = guard_plugin_call(plugin, [this] { return m_layer.begin_dispatching(); });
  if (descriptor < 0) return;
  m_watch = m_loop.watch(descriptor);
  m_timer = m_loop.make_timer();
  dispatch();
  look_from_time_to_time();
}

void LayerDispatch::dispatch() {
  if (!m_layer.dispatch()) return m_watch->when_readable([this] { dispatch(); });
  // Behind what the receivers have posted.
  m_loop.post([this, alive = std::weak_ptr(m_alive)] {
    if (!alive.expired()) dispatch();
  });
}

void LayerDispatch::look_from_time_to_time() {
  m_timer->start(m_loop.clock().now() + between_looks, [this] {
    m_layer.dispatch();
    look_from_time_to_time();
  });
}

}  // namespace tellina
