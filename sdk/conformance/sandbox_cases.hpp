#pragma once

/// The groups of sandbox cases.

#include "sandbox_terminal.hpp"

namespace tellina::conformance {

void add_shell_cases(std::vector<Case>& cases);
void add_home_cases(std::vector<Case>& cases);
void add_sandbox_life_cases(std::vector<Case>& cases);
void add_sandbox_time_cases(std::vector<Case>& cases);
void add_isolation_cases(std::vector<Case>& cases);
void add_limit_cases(std::vector<Case>& cases);
void add_run_cases(std::vector<Case>& cases);

}  // namespace tellina::conformance
