#pragma once

/// The program's commands, from the words of the command line to the exit status.

#include <functional>

#include "host/cli/commands.hpp"
#include "host/server/run_server.hpp"

namespace tellina {

using RunServer = std::function<int(const RunOptions&)>;
using RunBench = std::function<int(const BenchOptions& options, std::ostream& out, std::ostream& err)>;

/// What main() hands in for the commands that the command line does not carry out itself. Only the one that the words
/// ask for must be set.
struct Runners {
  RunServer server;  ///< of `run`, `gateway` and `worker`
  RunBench bench;
};

/// Returns 0 for good, 1 for failed, 2 for bad usage or configuration. Failures go to `context.err`; nothing is
/// thrown.
int run_program(const std::vector<std::string>& words, const Runners& runners, CommandContext& context);

}  // namespace tellina
