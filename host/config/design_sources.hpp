#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "host/config/diagnostics.hpp"
#include "host/config/text_reader.hpp"
#include "host/study/study_text.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// What the readers of a design share. Refers to all of it.
struct DesignSources {
  const std::vector<std::string>& task_ids;  ///< of all tasks in order, also of those that have errors
  TextReader& texts;
  Diagnostics& diagnostics;
  std::vector<PeriodNames> periods{};  ///< every combination that occurs in a group
};

/// Seconds as a configuration has them, at least 1 ns if they are more than 0.
std::chrono::nanoseconds seconds_of(const Config& value);

/// The names of an object's members.
std::vector<std::string> names_in(const Config* object);

/// Reads a TEXT, also from a file whose name depends on the period.
StudyText read_study_text(const Config& value, DesignSources& sources);

/// Whether a text has {block}, {treatment} or {period} in it.
bool depends_on_period(const std::string& text);

/// Reports `value`, a string, if it is none of these names: "expected WORDS, got "x"; did you mean "y"?". Returns
/// whether it is one of them.
bool check_name(const Config& value, const std::vector<std::string>& names, const std::string& words,
                Diagnostics& diagnostics);

}  // namespace tellina
