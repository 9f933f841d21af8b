#pragma once

/// The commands, except the server itself. Each returns the exit status; run_program() handles what they throw.

#include <chrono>
#include <functional>
#include <ostream>

#include "host/cli/arguments.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// What a command gets from main().
class CommandContext {
 public:
  CommandContext(std::ostream& out_, std::ostream& err_, Clock& clock_, Random& random_, Log& log_)
      : out(out_), err(err_), clock(clock_), random(random_), log(log_) {}

  std::ostream& out;
  std::ostream& err;
  Clock& clock;
  Random& random;
  Log& log;
  bool is_terminal = false;  ///< whether `out` is a terminal
  /// Waits for this long; returns false as soon as the command should end (Ctrl-C). The default returns false at once.
  std::function<bool(std::chrono::milliseconds)> pause = [](std::chrono::milliseconds) { return false; };
};

int config_check(const Arguments& arguments, CommandContext& context);
int config_schema(const Arguments& arguments, CommandContext& context);
/// Writes the file `second_operand` from the file `operand`, with the same permissions. Throws ConfigError for an
/// invalid source, and UsageError if both names have the same form or if the target exists.
int config_convert(const Arguments& arguments, CommandContext& context);
/// Lets the configured sandbox backend create what its sandboxes need. Does nothing if they need nothing.
int sandbox_prepare(const Arguments& arguments, CommandContext& context);
/// Runs the conformance kit. Returns 1 if a case failed or crashed.
int plugins_check(const Arguments& arguments, CommandContext& context);
int plugins_list(const Arguments& arguments, CommandContext& context);
int plugins_new(const Arguments& arguments, CommandContext& context);
/// Prints the keys of the installed plugins of one name, each with what its value may be, its default and its purpose.
int plugins_show(const Arguments& arguments, CommandContext& context);
int participants_list(const Arguments& arguments, CommandContext& context);
/// Prints one line for each participant who may log in: the access code, two spaces, the link. The link begins with
/// server.public_url, unless the command line has an address or a port.
int participants_links(const Arguments& arguments, CommandContext& context);
/// Prints the link of the participant with the id `operand` ("P001").
int participants_link(const Arguments& arguments, CommandContext& context);
/// Prints the completion code of the participant whose id is the only one of `names`; with --verify, who has a code.
/// Returns 1 if nobody has it.
int participants_code(const Arguments& arguments, CommandContext& context);
int participants_add(const Arguments& arguments, CommandContext& context);
int participants_reset(const Arguments& arguments, CommandContext& context);
/// Works on the tasks named, or on all, as a participant would: prints a line for each way to do so. Returns 1 if a
/// solution does not pass, or if something else does.
int tasks_try(const Arguments& arguments, CommandContext& context);
/// Prints the groups, what the design means for participants, and a simulation of their assignment. Returns 1 if a
/// check of the design fails.
int plan(const Arguments& arguments, CommandContext& context);
/// Judges recorded sessions again, by the checks of the configuration. Throws UsageError if there is no database.
int rescore(const Arguments& arguments, CommandContext& context);
/// Sends scripted participants through the study on a server that it starts, or that runs. Returns 1 if anything was
/// not as expected.
int send_bots(const Arguments& arguments, CommandContext& context);
int print_version(CommandContext& context);

/// Throws ConfigError if the configured channel layer works only within one process, because a separate gateway or
/// worker cannot share it. The message names the layers that can be shared.
void check_role(const Arguments& arguments, CommandContext& context);

}  // namespace tellina
