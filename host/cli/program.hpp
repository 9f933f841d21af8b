#pragma once

/// Runs one of the program's commands, from the command line to the exit status.

#include <functional>

#include "host/cli/commands.hpp"
#include "host/server/run_server.hpp"

namespace tellina {

using RunServer = std::function<int(const RunOptions&)>;
using RunBench = std::function<int(const BenchOptions& options, std::ostream& out, std::ostream& err)>;

/// The functions that main() supplies for commands that the command line does not implement itself. Only the function
/// of the requested command must be set.
struct Runners {
  RunServer server;  ///< of `run`, `gateway` and `worker`
  RunBench bench;
};

/// Returns 0 for success, 1 for failure, 2 for bad usage or configuration. Writes errors to `context.err`; throws
/// nothing.
int run_program(const std::vector<std::string>& words, const Runners& runners, CommandContext& context);

}  // namespace tellina
