#pragma once

/// What each command does, except the server itself. All return the exit status; what they throw is for run_program().

#include <chrono>
#include <functional>
#include <ostream>

#include "host/cli/arguments.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// What a command is lent.
class CommandContext {
 public:
  CommandContext(std::ostream& out_, std::ostream& err_, Clock& clock_, Random& random_, Log& log_)
      : out(out_), err(err_), clock(clock_), random(random_), log(log_) {}

  std::ostream& out;
  std::ostream& err;
  Clock& clock;
  Random& random;
  Log& log;
  bool is_terminal = false;  ///< where `out` leads
  /// Waits for as long; false as soon as the command is to end (Ctrl-C). Where nothing is set it ends at once.
  std::function<bool(std::chrono::milliseconds)> pause = [](std::chrono::milliseconds) { return false; };
};

int config_check(const Arguments& arguments, CommandContext& context);
int config_schema(const Arguments& arguments, CommandContext& context);
/// Writes the file `second_operand` from the file `operand`, with the same permissions. Throws ConfigError for a
/// source with mistakes, UsageError if both names tell the same form or if the file exists.
int config_convert(const Arguments& arguments, CommandContext& context);
/// Has the configured sandbox make what its sandboxes need. Does nothing where they need nothing.
int sandbox_prepare(const Arguments& arguments, CommandContext& context);
/// Runs the conformance kit. Returns 1 where a case failed or crashed.
int plugins_check(const Arguments& arguments, CommandContext& context);
int plugins_list(const Arguments& arguments, CommandContext& context);
int plugins_new(const Arguments& arguments, CommandContext& context);
int participants_list(const Arguments& arguments, CommandContext& context);
/// One line for each participant who may log in: the access code, two spaces, the link. It begins with
/// server.public_url, unless an address or a port is given.
int participants_links(const Arguments& arguments, CommandContext& context);
int participants_add(const Arguments& arguments, CommandContext& context);
int participants_reset(const Arguments& arguments, CommandContext& context);
int print_version(CommandContext& context);

/// Throws ConfigError where the configured channel layer keeps messages within one process, which a lone gateway or
/// worker cannot share; names the layers that do not.
void check_role(const Arguments& arguments, CommandContext& context);

}  // namespace tellina
