#pragma once

/// What a running task offers its participant besides the terminal: to give up, and to start over. Pure.

#include <chrono>
#include <optional>
#include <string>

#include "host/study/task.hpp"

namespace tellina {

/// Why a request is refused: an error of the wire protocol.
class TaskRefusal {
 public:
  TaskRefusal(std::string code_, std::string message_, std::optional<std::chrono::nanoseconds> time_left_ = {})
      : code(std::move(code_)), message(std::move(message_)), time_left(time_left_) {}

  std::string code;  ///< "not_offered" or "too_early"
  std::string message;
  std::optional<std::chrono::nanoseconds> time_left;  ///< of too_early: when the request will be accepted
};

/// How long a participant has to wait before they may give up; nothing if the task does not offer it. `charged`: how
/// much of the task's time is used.
std::optional<std::chrono::nanoseconds> time_until_give_up(const Task& task, std::chrono::nanoseconds charged);

std::optional<TaskRefusal> refuse_give_up(const Task& task, std::chrono::nanoseconds charged);
std::optional<TaskRefusal> refuse_start_over(const Task& task);

}  // namespace tellina
