#include "host/options/bench_options.hpp"

namespace tellina {

const std::vector<std::string>& bench_figures() {
  static const std::vector<std::string> figures{"prompt", "memory", "closed",    "paced",         "mash",
                                                "paste",  "flood",  "interrupt", "interrupt_slow"};
  return figures;
}

}  // namespace tellina
