#include "host/session/sandbox_ahead.hpp"

#include <utility>

namespace tellina {

SandboxAhead::SandboxAhead(SessionEnvironment& environment, std::shared_ptr<const Study> study, int task_number,
                           SandboxSpec spec)
    : m_study(std::move(study)), m_task_number(task_number), m_id(spec.id) {
  m_order->statistics = environment.statistics;
  SandboxHandle::start(environment, std::move(spec),
                       [order = m_order](std::shared_ptr<SandboxHandle> sandbox, std::exception_ptr error) {
                         order->is_there = true;
                         order->sandbox = std::move(sandbox);
                         order->error = std::move(error);
                         if (order->taker) return hand_over(*order);
                         if (order->sandbox) ++order->statistics->sandboxes_ready;
                       });
}

SandboxAhead::~SandboxAhead() {
  if (m_order && !m_order->taker) stop([] {});
}

void SandboxAhead::hand_over(Order& order) {
  const SandboxHandle::Started taker = order.taker;
  taker(std::exchange(order.sandbox, nullptr), order.error);
}

void SandboxAhead::take(SandboxHandle::Started taker) {
  m_order->taker = std::move(taker);
  if (!m_order->is_there) return;
  if (m_order->sandbox) --m_order->statistics->sandboxes_ready;
  hand_over(*m_order);
}

void SandboxAhead::stop(std::function<void()> done) {
  take([done = std::move(done)](const std::shared_ptr<SandboxHandle>& sandbox, const std::exception_ptr&) {
    if (!sandbox) return done();
    sandbox->destroy(done);
  });
}

}  // namespace tellina
