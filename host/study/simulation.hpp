#pragma once

/// Simulated participants: how a study's assignment works before anyone comes.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "host/study/simulated_stage.hpp"

namespace tellina {

/// The most arrivals of a run, and who complete it: a run looks at all participants at each arrival.
inline constexpr int simulated_arrivals = 2000;
inline constexpr int simulated_runs = 10'000;

struct SimulationSettings {
  int arrivals = 60;  ///< 1 to simulated_arrivals: without a target, they decide when a run ends
  std::chrono::nanoseconds every{std::chrono::minutes(10)};   ///< mean time between two arrivals, which are at random
  std::chrono::nanoseconds length{std::chrono::minutes(60)};  ///< of a participant's session
  double dropout = 0;                        ///< probability to leave before the end, at any time; below 1
  std::map<std::string, double> dropout_of;  ///< of a group, instead
  int runs = 300;
};

/// A mean over the runs, and the value that 95 % of them do not exceed.
struct SimulatedNumber {
  double mean = 0;
  int most = 0;
};

struct SimulationResult {
  int completed = 0;           ///< a run ends when so many have completed
  SimulatedNumber needed;      ///< participants who got a group until the last of these
  SimulatedNumber difference;  ///< between the largest and the smallest group among these
  SimulatedNumber turned_away;
  int unfinished = 0;  ///< runs that ended because hardly anyone gets a group any more; not in the numbers
  std::vector<double> completed_by_group;  ///< means, in the order of the groups
};

/// The same design and settings give the same result. `choose` is replaced in tests that compare methods. The target
/// of all open groups ends a run (at most simulated_arrivals completed), or, without one, as many completed as
/// are expected of `arrivals`.
SimulationResult simulate(const Design& design, const SimulationSettings& settings,
                          const ChooseGroup& choose = choose_group);

}  // namespace tellina
