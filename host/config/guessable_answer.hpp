#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/study/task.hpp"

namespace tellina {

/// If the answer of this stdout task is a single number: how many commands find it by printing numbers. Otherwise
/// nothing.
std::optional<std::int64_t> guesses_of_answer(const Task& task);

/// A warning for each task whose answer is found by at most limits::few_guesses such commands.
std::vector<std::string> guessable_answers(const Study& study);

}  // namespace tellina
