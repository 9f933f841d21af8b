#pragma once

#include "policy_model.hpp"

namespace tellina::conformance {

void add_policy_fault_cases(std::vector<Case>& cases);

}  // namespace tellina::conformance
