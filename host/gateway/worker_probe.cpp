#include "host/gateway/worker_probe.hpp"

#include <chrono>

#include "host/runtime/log_event.hpp"

namespace tellina {
namespace {

constexpr std::chrono::seconds probe_interval{1};

}  // namespace

void WorkerProbe::start() {
  m_lane->add(self_of(this));
  m_timer = m_lane->loop().make_timer();
  ask();
}

void WorkerProbe::ask() {
  m_lane->ask(WorkerRequest(WorkerRequest::Method::ready), [weak = weak_from_this(), this](const WorkerReply& reply) {
    const auto alive = weak.lock();
    if (alive && m_timer) on_answer(reply.status == 200);
  });
}

void WorkerProbe::on_answer(bool is_ready) {
  GatewayState& state = m_lane->state();
  if (is_ready) {
    if (m_has_warned) LogEvent("workers_answer").write(state.log);
    return m_timer.reset();
  }
  if (!std::exchange(m_has_warned, true)) {
    state.log.warning(
        "no worker answers yet, so participants have to wait. Either no worker runs, or the channel layer cannot "
        "reach one: see the lines above");
  }
  m_timer->start(state.clock.now() + probe_interval, [weak = weak_from_this(), this] {
    if (const auto alive = weak.lock()) ask();
  });
}

}  // namespace tellina
