#pragma once

#include <string>

#include "host/study/task.hpp"

namespace tellina {

/// Why a task would pass though its participant has done nothing of it: what was expected of the answer and what was
/// got, for a complaint about it. Empty where there is work to do.
std::string why_passed_without_work(const Task& task);

}  // namespace tellina
