#pragma once

/// The groups of channel layer cases.

#include "inbox.hpp"

namespace tellina::conformance {

void add_subscription_cases(std::vector<Case>& cases);
void add_capacity_cases(std::vector<Case>& cases);
void add_sharing_cases(std::vector<Case>& cases);
void add_channel_volume_cases(std::vector<Case>& cases);
void add_cut_cases(std::vector<Case>& cases);
void add_dispatch_cases(std::vector<Case>& cases);
void add_channel_fault_cases(std::vector<Case>& cases);

}  // namespace tellina::conformance
