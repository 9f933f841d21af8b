#include "host/cli/chosen_tasks.hpp"

#include <algorithm>

#include "host/runtime/usage_error.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {

std::vector<const Task*> chosen_tasks(const Study& study, const std::vector<std::string>& ids,
                                      const std::string& where) {
  std::vector<std::string> known;
  for (const Task& task : study.tasks) known.push_back(task.id);
  for (const std::string& id : ids) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    throw UsageError(where + ": expected the id of a task, got " + in_quotes(id) + suggestion(id, known));
  }
  std::vector<const Task*> chosen;
  for (const Task& task : study.tasks) {
    if (ids.empty() || std::find(ids.begin(), ids.end(), task.id) != ids.end()) chosen.push_back(&task);
  }
  return chosen;
}

}  // namespace tellina
