#pragma once

/// The functions that return the cases.

#include <vector>

#include "tellina/conformance/case.hpp"

namespace tellina::conformance {

void add_plugin_cases(std::vector<Case>& cases);
void add_audit_cases(PluginKind kind, std::vector<Case>& cases);

void add_channel_layer_cases(std::vector<Case>& cases);
void add_ordering_policy_cases(std::vector<Case>& cases);
void add_sandbox_cases(std::vector<Case>& cases);

}  // namespace tellina::conformance
