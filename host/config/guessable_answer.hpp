#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/study/task.hpp"

namespace tellina {

/// How many commands that print numbers find the answer of this stdout task, if it is a single number; nothing
/// otherwise.
std::optional<std::int64_t> guesses_of_answer(const Task& task);

/// For each task whose answer limits::few_guesses commands find: a line that says where it is, and what helps.
std::vector<std::string> guessable_answers(const Study& study);

}  // namespace tellina
