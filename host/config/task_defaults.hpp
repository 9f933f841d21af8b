#pragma once

#include "tellina/config.hpp"

namespace tellina {

/// The configuration with the keys of `task_defaults` in each task that has no such key itself; members of `sandbox`
/// and `metadata` are merged. A key that tasks of the type do not have is left out. Every value keeps its place, so an
/// error of a default is found at the default. Parts that are not as the schema says stay as they are.
Config with_task_defaults(const Config& root);

/// Whether a value is one of `task_defaults`, after with_task_defaults().
bool is_task_default(const Config& value);

}  // namespace tellina
