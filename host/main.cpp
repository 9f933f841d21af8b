#include <unistd.h>

#include <iostream>
#include <optional>

#include "host/bench/bench.hpp"
#include "host/cli/program.hpp"
#include "host/patient_calls.hpp"
#include "host/runtime/stderr_log.hpp"
#include "host/runtime/system.hpp"
#include "host/server/signals.hpp"

int main(int argc, char** argv) {
  using namespace tellina;
  wait_for_memory();
  SystemClock clock;
  SystemRandom random;
  StderrLog log(clock);
  CommandContext context(std::cout, std::cerr, clock, random, log);
  context.is_terminal = isatty(STDOUT_FILENO) == 1;
  std::optional<Signals> signals;
  context.pause = [&](std::chrono::milliseconds time) {
    if (!signals) signals.emplace();
    return signals->wait({}, time).empty();
  };
  const Runners runners{.server = run_server, .bench = bench::run_bench};
  const int status = run_program(std::vector<std::string>(argv + 1, argv + argc), runners, context);
  std::cout.flush();
  if (!std::cout && status == 0) {
    std::cerr << "tellina: cannot write to standard output\n";
    return 1;
  }
  return status;
}
