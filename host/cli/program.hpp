#pragma once

/// The program's commands, from the words of the command line to the exit status.

#include <functional>

#include "host/cli/commands.hpp"
#include "host/server/run_server.hpp"

namespace tellina {

using RunServer = std::function<int(const RunOptions&)>;

/// Returns 0 for good, 1 for failed, 2 for bad usage or configuration. Failures go to `context.err`; nothing is
/// thrown.
int run_program(const std::vector<std::string>& words, const RunServer& serve, CommandContext& context);

}  // namespace tellina
