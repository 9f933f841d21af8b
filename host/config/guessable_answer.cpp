#include "host/config/guessable_answer.hpp"

#include <algorithm>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/text/message_parts.hpp"

namespace tellina {
namespace {

/// Longer numbers are not guessed, and might not fit into 64 bits.
constexpr std::size_t most_digits = 12;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/// The answer without the end of its last line.
std::string_view without_line_end(const Bytes& answer) {
  std::string_view text = answer;
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

/// How many numbers of the same form, from zero to this one, somebody has to try: 43 for 42, 126 for 12.5, and 86 for
/// -42 because of both signs. Nothing if the text is not a number.
std::optional<std::int64_t> numbers_up_to(std::string_view text) {
  const bool is_signed = text.starts_with('-') || text.starts_with('+');
  if (is_signed) text.remove_prefix(1);
  std::int64_t value = 0;
  std::size_t digits = 0;
  bool has_point = false;
  for (const char byte : text) {
    if (byte == '.' && !has_point && digits > 0) {
      has_point = true;
      continue;
    }
    if (!is_digit(byte) || digits == most_digits) return std::nullopt;
    value = value * 10 + (byte - '0');
    ++digits;
  }
  if (digits == 0 || text.ends_with('.')) return std::nullopt;
  return (value + 1) * (is_signed ? 2 : 1);
}

}  // namespace

std::optional<std::int64_t> guesses_of_answer(const Task& task) {
  if (!allows_extra_output(task) || task.output_match == OutputMatch::records) return std::nullopt;
  const std::string_view answer = without_line_end(task.output_answer);
  const std::optional<std::int64_t> numbers = numbers_up_to(answer);
  if (!numbers) return std::nullopt;
  const auto in_one_line = static_cast<std::int64_t>(limits::bytes_per_line / (answer.size() + 1));
  const std::int64_t in_one_command =
      (task.max_extra_lines + 1) * (task.output_match == OutputMatch::contains ? in_one_line : 1);
  TELLINA_ASSERT(in_one_command > 0);
  return (*numbers + in_one_command - 1) / in_one_command;
}

std::vector<std::string> guessable_answers(const Study& study) {
  std::vector<std::string> lines;
  for (std::size_t index = 0; index < study.tasks.size(); ++index) {
    const Task& task = study.tasks[index];
    const std::optional<std::int64_t> guesses = guesses_of_answer(task);
    if (!guesses || *guesses > limits::few_guesses) continue;
    lines.push_back(task.answer_place + ": tasks[" + std::to_string(index) +
                    "].answer: expected an answer that printing numbers does not find, got " +
                    in_quotes(without_line_end(task.output_answer)) + ": " + counted(*guesses, "command") +
                    " such as `seq` " + (*guesses == 1 ? "passes" : "pass") +
                    " the task without work; ask for words beside the number" +
                    (task.max_extra_lines > 0 ? ", or lower max_extra_lines" : ""));
  }
  return lines;
}

}  // namespace tellina
