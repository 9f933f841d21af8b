#pragma once

#include <string>
#include <vector>

#include "host/study/task.hpp"

namespace tellina {

/// Those with these ids, all without any; in the order of the study. Throws UsageError for another id. `where`: the
/// command or the option, for its message.
std::vector<const Task*> chosen_tasks(const Study& study, const std::vector<std::string>& ids,
                                      const std::string& where);

}  // namespace tellina
