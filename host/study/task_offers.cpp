#include "host/study/task_offers.hpp"

#include <algorithm>

namespace tellina {

using std::chrono::nanoseconds;

std::optional<nanoseconds> time_until_give_up(const Task& task, nanoseconds charged) {
  if (!task.give_up_after) return std::nullopt;
  return std::max(*task.give_up_after - charged, nanoseconds::zero());
}

std::optional<TaskRefusal> refuse_give_up(const Task& task, nanoseconds charged) {
  const std::optional<nanoseconds> time_left = time_until_give_up(task, charged);
  if (!time_left) return TaskRefusal("not_offered", "this task cannot be given up");
  if (*time_left == nanoseconds::zero()) return std::nullopt;
  return TaskRefusal("too_early", "it is too early to give up", time_left);
}

std::optional<TaskRefusal> refuse_start_over(const Task& task) {
  if (task.may_start_over) return std::nullopt;
  return TaskRefusal("not_offered", "this task cannot be started over");
}

}  // namespace tellina
