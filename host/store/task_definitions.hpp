#pragma once

#include <string>

#include "host/store/database.hpp"
#include "host/study/task.hpp"
#include "host/study/timestamp.hpp"

namespace tellina {

/// Implements StoreTransaction::sync_tasks().
void sync_task_definitions(Database& database, const Study& study, const std::string& file, Timestamp at);

}  // namespace tellina
