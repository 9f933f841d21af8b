#include "host/server/layer_dispatch.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "host/plugins/guard.hpp"
#include "host/server/loop_threads.hpp"

namespace tellina {
namespace {

constexpr const char* plugin = "channel layer";
/// The SDK promises at least one dispatch() per second.
constexpr std::chrono::milliseconds dispatch_interval{500};

}  // namespace

LayerDispatch::LayerDispatch(Loop& loop, ChannelLayer& layer, Log& log) : m_loop(loop), m_layer(layer), m_log(log) {
  run_on(m_loop, [this] { begin(); });
}

LayerDispatch::~LayerDispatch() {
  run_on(m_loop, [this] { end(); });
}

void LayerDispatch::begin() {
  const int descriptor = guard_plugin_call(plugin, [this] { return m_layer.begin_dispatching(); });
  if (descriptor < 0) return;
  try {
    m_timer = m_loop.make_timer();
    m_watch = m_loop.watch(descriptor);
  } catch (const std::exception& failure) {
    m_layer.end_dispatching();
    throw Error(ErrorCode::unavailable, std::string("channel layer: cannot watch its descriptor ") +
                                            std::to_string(descriptor) + ": " + failure.what());
  }
  dispatch();
  dispatch_periodically();
}

void LayerDispatch::dispatch() {
  const InvariantScope invariant(*this);
  if (!m_watch || m_is_posted) return;
  if (ask_layer()) {
    m_is_posted = true;
    return m_loop.post(m_lifeline.guarded([this] {
      m_is_posted = false;
      dispatch();
    }));
  }
  if (!m_watch || std::exchange(m_is_armed, true)) return;
  m_watch->when_readable([this] {
    m_is_armed = false;
    dispatch();
  });
}

bool LayerDispatch::ask_layer() {
  try {
    return guard_plugin_call(plugin, [this] { return m_layer.dispatch(); });
  } catch (const Error& error) {
    m_log.error(std::string("the event loop no longer receives for it: ") + error.what());
    end();
    return false;
  }
}

void LayerDispatch::dispatch_periodically() {
  if (!m_timer) return;
  m_timer->start(m_loop.clock().now() + dispatch_interval, [this] {
    dispatch();
    dispatch_periodically();
  });
}

void LayerDispatch::check_invariant() const {
  TELLINA_ASSERT_PROCESS(m_loop.is_current());
  TELLINA_ASSERT_PROCESS((m_timer == nullptr) == (m_watch == nullptr));
}

void LayerDispatch::end() noexcept {
  m_lifeline.cut();
  m_timer.reset();
  if (!std::exchange(m_watch, nullptr)) return;
  try {
    m_layer.end_dispatching();
  } catch (const std::exception& failure) {
    m_log.error(std::string("channel layer: cannot continue on its own threads: ") + failure.what());
  }
}

}  // namespace tellina
