#include "host/config/design_sources.hpp"

#include <algorithm>
#include <cmath>

#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {

std::chrono::nanoseconds seconds_of(const Config& value) {
  const double seconds = value.as_number();
  const std::int64_t nanoseconds = std::llround(seconds * 1e9);
  return std::chrono::nanoseconds(seconds > 0 ? std::max<std::int64_t>(1, nanoseconds) : nanoseconds);
}

std::vector<std::string> names_in(const Config* object) {
  std::vector<std::string> names;
  if (!object) return names;
  for (const Config::Member& member : object->members()) names.push_back(member.first);
  return names;
}

StudyText read_study_text(const Config& value, DesignSources& sources) {
  StudyText text;
  if (value.is_string()) {
    text.text = sources.texts.read_string(value);
    return text;
  }
  const Config& name = value.at("file");
  text.file = name.as_string();
  std::vector<PeriodNames> periods = sources.periods;
  if (!depends_on_period(text.file)) periods = {PeriodNames()};
  for (const PeriodNames& period : periods) {
    const std::string file = replace_period_names(text.file, period);
    text.files[file] = sources.texts.read_file(name, file);
  }
  return text;
}

bool depends_on_period(const std::string& text) { return replace_period_names(text, {"", "", 1}) != text; }

bool check_name(const Config& value, const std::vector<std::string>& names, const std::string& words,
                Diagnostics& diagnostics) {
  const std::string& name = value.as_string();
  if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  diagnostics.add(value, "expected " + words + ", got " + in_quotes(name) + suggestion(name, names));
  return false;
}

}  // namespace tellina
