#include "host/session/visible_progress.hpp"

namespace tellina {

std::optional<ProgressFrame> visible_progress(const Progress& progress, const Task& task) {
  if (task.feedback == Feedback::none || task.feedback == Feedback::passed) return std::nullopt;
  // Extra lines in an output are allowed, so their number is shown only at feedback levels that include it.
  const bool hides_extra = task.feedback == Feedback::counts && task.type == TaskType::output;
  ProgressFrame frame;
  frame.matched = progress.matched;
  frame.missing = progress.missing;
  frame.extra = hides_extra ? 0 : progress.extra;
  frame.incorrect = progress.incorrect;
  if (task.feedback == Feedback::counts) return frame;
  frame.detail = progress.detail;
  if (task.feedback == Feedback::goal && progress.missing_detail != "[]") {
    frame.detail.pop_back();
    frame.detail += (frame.detail == "[" ? "" : ",") + progress.missing_detail.substr(1);
  }
  return frame;
}

}  // namespace tellina
