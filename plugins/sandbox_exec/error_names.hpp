#pragma once

#include <optional>
#include <string_view>

#include "tellina/error.hpp"

namespace tellina::exec_sandbox {

/// The code of a name as ErrorCode has it ("timed_out"), or nothing.
std::optional<ErrorCode> error_code_of(std::string_view name);

}  // namespace tellina::exec_sandbox
