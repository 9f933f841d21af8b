#include "host/bots/crowd.hpp"

#include <memory>

#include "host/bots/walker.hpp"
#include "host/runtime/asio_loop.hpp"
#include "host/runtime/blocking_pool.hpp"

namespace tellina::bots {
namespace {

constexpr std::size_t connecting_threads = 8;
constexpr std::chrono::milliseconds interruption_interval{200};

class Crowd {
 public:
  Crowd(const Study& study, const CrowdPlan& plan, Clock& clock, const std::function<bool()>& goes_on,
        const std::function<void(const BotResult&)>& ended)
      : m_study(study), m_plan(plan), m_goes_on(goes_on), m_ended(ended), m_loop(clock) {
    for (std::size_t index = 0; index < plan.access_codes.size(); ++index) {
      m_arrivals.push_back(m_loop.make_timer());
      m_walkers.push_back(std::make_unique<Walker>(m_loop, *m_pool, plan.endpoint, plan.access_codes[index],
                                                   Bot(m_study, plan.settings, static_cast<int>(index) + 1),
                                                   [this, index] { finish(index); }));
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  /// Joined first, because its tasks use the walkers.
  ~Crowd() { m_pool.reset(); }

  std::vector<BotResult> run() {
    m_left = m_walkers.size();
    const MonotonicTime begin = m_loop.clock().now();
    for (std::size_t index = 0; index < m_walkers.size(); ++index) {
      m_arrivals[index]->start(begin + m_plan.every * index, [this, index] { m_walkers[index]->start(); });
    }
    check_interruption();
    if (m_left > 0) m_loop.run();
    std::vector<BotResult> results;
    for (std::size_t index = 0; index < m_walkers.size(); ++index) {
      results.push_back(m_walkers[index]->result());
      results.back().access_code = m_plan.access_codes[index];
    }
    return results;
  }

 private:
  void finish(std::size_t index) {
    m_ended(m_walkers[index]->result());
    if (--m_left == 0) m_loop.stop();
  }

  void check_interruption() {
    if (!m_goes_on()) {
      for (const auto& arrival : m_arrivals) arrival->cancel();
      for (const auto& walker : m_walkers) walker->interrupt();
      return;
    }
    m_check->start(m_loop.clock().now() + interruption_interval, [this] { check_interruption(); });
  }

  const BotStudy m_study;
  const CrowdPlan& m_plan;
  const std::function<bool()>& m_goes_on;
  const std::function<void(const BotResult&)>& m_ended;
  AsioLoop m_loop;
  std::unique_ptr<ThreadPool> m_pool = std::make_unique<ThreadPool>(connecting_threads, 1);
  std::vector<std::unique_ptr<Loop::Timer>> m_arrivals;
  std::vector<std::unique_ptr<Walker>> m_walkers;
  std::unique_ptr<Loop::Timer> m_check = m_loop.make_timer();
  std::size_t m_left = 0;
};

}  // namespace

std::vector<BotResult> send_bots(const Study& study, const CrowdPlan& plan, Clock& clock,
                                 const std::function<bool()>& goes_on,
                                 const std::function<void(const BotResult&)>& ended) {
  return Crowd(study, plan, clock, goes_on, ended).run();
}

}  // namespace tellina::bots
