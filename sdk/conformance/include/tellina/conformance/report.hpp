#pragma once

/// Results for people and for programs.

#include <ostream>

#include "tellina/conformance/runner.hpp"

namespace tellina::conformance {

/// One line per case, "passed  DeliversInOrder  12 ms"; for a case that did not pass, also its contract and the
/// finding.
void print_result(std::ostream& out, const Result& result);
/// "24 passed, 1 failed, 2 skipped".
void print_summary(std::ostream& out, const std::vector<Result>& results);
/// Each case with its contract.
void print_cases(std::ostream& out, const std::vector<Case>& cases);

/// One JSON object on one line: name, contract, outcome, finding, milliseconds, and the seed if the case uses it.
/// Octets that are not UTF-8 are written as U+00XX.
void print_result_as_json(std::ostream& out, const Result& result);
void print_case_as_json(std::ostream& out, const Case& one);

}  // namespace tellina::conformance
