#pragma once

#include <set>
#include <string>
#include <vector>

namespace tellina::testing {

/// The paths of the control groups that sandboxes of these workers have on this machine.
std::vector<std::string> control_groups_of(const std::set<std::string>& workers);

}  // namespace tellina::testing
