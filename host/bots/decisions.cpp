#include "host/bots/decisions.hpp"

namespace tellina::bots {

double Decisions::share(const std::string& name) const {
  constexpr std::uint64_t steps = std::uint64_t{1} << 53;
  return static_cast<double>(draws(name).below(steps)) / static_cast<double>(steps);
}

}  // namespace tellina::bots
