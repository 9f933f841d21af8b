#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tellina {

/// What `{block}`, `{treatment}` and `{period}` stand for in a text. Outside of periods all are empty.
struct PeriodNames {
  std::string block;      ///< the name in the configuration
  std::string treatment;  ///< the name in the configuration
  int period = 0;         ///< from 1; 0: outside of periods, where nothing is replaced
};

/// Replaces `{block}`, `{treatment}` and `{period}`. Other braces stay as they are.
std::string replace_period_names(std::string_view text, const PeriodNames& names);

/// A Markdown text of the study: written in the configuration, or in files beside it, whose name may depend on the
/// period. All files that can occur were read with the configuration.
struct StudyText {
  std::string text;                          ///< as written; empty if `file` is set
  std::string file;                          ///< as written, such as "{treatment}.md"; empty if the text is inline
  std::map<std::string, std::string> files;  ///< content by name, for each name that `file` can become

  bool empty() const { return text.empty() && file.empty(); }
  /// The text for a period, with its names replaced.
  std::string for_period(const PeriodNames& names) const;
};

}  // namespace tellina
