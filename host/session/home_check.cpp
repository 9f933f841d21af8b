#include "host/session/home_check.hpp"

#include <utility>

#include "host/study/snapshot_limits.hpp"
#include "host/study/tree_compare.hpp"

namespace tellina {
namespace {

constexpr std::chrono::milliseconds output_interval{1000};

}  // namespace

HomeCheck::HomeCheck(SessionEnvironment& environment, std::shared_ptr<const Study> study, int task_number,
                     std::function<void(const Progress&)> judged)
    : m_environment(environment),
      m_study(std::move(study)),
      m_task_number(task_number),
      m_request(snapshot_request_for(m_study->tasks[static_cast<std::size_t>(task_number) - 1].filesystem_answer)),
      m_judged(std::move(judged)),
      m_timer(environment.loop.make_timer()) {}

void HomeCheck::use(std::shared_ptr<SandboxHandle> sandbox) {
  m_sandbox = std::move(sandbox);
  m_current = std::make_shared<bool>(true);
  m_under_way = m_again = m_timer_runs = false;
  m_timer->cancel();
}

void HomeCheck::output_seen() {
  if (m_timer_runs || !m_sandbox) return;
  m_timer_runs = true;
  m_timer->start(m_environment.loop.clock().now() + output_interval, [this] {
    m_timer_runs = false;
    take();
  });
}

void HomeCheck::take() {
  if (!m_sandbox) return;
  if (m_under_way) {
    m_again = true;
    return;
  }
  m_under_way = true;
  auto progress = std::make_shared<Progress>();
  auto raced = std::make_shared<bool>(false);
  m_sandbox->snapshot(
      m_request,
      [progress, raced, study = m_study, number = m_task_number](const FileTree& home) {
        const Task& task = study->tasks[static_cast<std::size_t>(number) - 1];
        *progress = compare_trees(task.initial, task.filesystem_answer, home);
        *raced = home.raced;
      },
      [this, progress, raced, current = std::weak_ptr(m_current)](std::exception_ptr error) {
        if (current.expired()) return;
        m_under_way = false;
        if (error) {
          try {
            std::rethrow_exception(error);
          } catch (const std::exception& failure) {
            m_environment.log.warning(std::string("the home directory could not be looked at: ") + failure.what());
          }
          // A restarted shell or a slow backend: the next second tries again.
          output_seen();
          return;
        }
        if (std::exchange(m_again, false)) {
          take();
        } else if (*raced) {
          output_seen();
        }
        m_judged(*progress);
      });
}

}  // namespace tellina
