#include <iostream>

#include "host/cli/program.hpp"
#include "host/runtime/system.hpp"

namespace tellina {

int run_program(int argc, char** argv) {
  SystemClock clock;
  SystemRandom random;
  StderrLog log(clock);
  CommandContext context(std::cout, std::cerr, clock, random, log);
  const int status = run_program(std::vector<std::string>(argv + 1, argv + argc), run_server, context);
  std::cout.flush();
  if (!std::cout && status == 0) {
    std::cerr << "tellina: standard output cannot be written\n";
    return 1;
  }
  return status;
}

}  // namespace tellina
