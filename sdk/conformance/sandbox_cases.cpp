#include "cases.hpp"

namespace tellina::conformance {

void add_sandbox_cases(std::vector<Case>&) {}

}  // namespace tellina::conformance
