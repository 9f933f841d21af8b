#include "host/study/study_text.hpp"

#include "host/runtime/assertion.hpp"

namespace tellina {

std::string replace_period_names(std::string_view text, const PeriodNames& names) {
  const std::pair<std::string_view, std::string> parts[] = {
      {"{block}", names.block}, {"{treatment}", names.treatment}, {"{period}", std::to_string(names.period)}};
  std::string result;
  if (names.period == 0) return std::string(text);
  while (!text.empty()) {
    bool is_name = false;
    for (const auto& [written, meant] : parts) {
      if (!text.starts_with(written)) continue;
      result += meant;
      text.remove_prefix(written.size());
      is_name = true;
      break;
    }
    if (is_name) continue;
    result += text.front();
    text.remove_prefix(1);
  }
  return result;
}

std::string StudyText::for_period(const PeriodNames& names) const {
  if (file.empty()) return replace_period_names(text, names);
  const auto found = files.find(replace_period_names(file, names));
  TELLINA_ASSERT(found != files.end());
  return replace_period_names(found->second, names);
}

}  // namespace tellina
