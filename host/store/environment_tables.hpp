#pragma once

#include <optional>

#include "host/store/database.hpp"
#include "host/store/environment_record.hpp"
#include "host/study/timestamp.hpp"

namespace tellina {

/// Adds an environment, with its configuration and files, unless the tables have it. Returns its id.
EnvironmentId record_environment(Database& database, const EnvironmentRecord& record, Timestamp at);

/// The environment that was recorded last of those with the same program, plugins and configuration; the rest of `like`
/// does not matter.
std::optional<EnvironmentId> find_environment(Database& database, const EnvironmentRecord& like);

}  // namespace tellina
