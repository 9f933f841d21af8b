#include "host/study/simulation.hpp"

#include <algorithm>
#include <cmath>

#include "host/runtime/assertion.hpp"
#include "host/study/draws.hpp"

namespace tellina {
namespace {

class RandomNumbers {
 public:
  RandomNumbers(std::int64_t seed, int run) : m_draws(seed, "simulation", "arrivals", run) {}
  /// At least 0, below 1.
  double uniform() { return static_cast<double>(m_draws.below(steps)) / static_cast<double>(steps); }
  /// The time until the next of events that come at random.
  std::chrono::nanoseconds until_next(std::chrono::nanoseconds mean) {
    return std::chrono::nanoseconds(std::llround(-std::log(1 - uniform()) * static_cast<double>(mean.count())));
  }

 private:
  static constexpr std::uint64_t steps = std::uint64_t{1} << 53;
  Draws m_draws;
};

struct Run {
  int needed = 0;
  int difference = 0;
  int turned_away = 0;
  bool is_finished = false;
  std::vector<int> completed_by_group;
};

class Simulation {
 public:
  Simulation(const Design& design, const SimulationSettings& settings, const ChooseGroup& choose, int goal)
      : m_design(design), m_settings(settings), m_choose(choose), m_goal(goal) {}

  Run run(int number) {
    Run result;
    RandomNumbers random(m_design.assignment.seed, number);
    m_stage.emplace(m_design, "simulation " + std::to_string(number), m_choose);
    std::chrono::nanoseconds now{};
    while (m_stage->turned_away() + static_cast<int>(m_stage->visits().size()) < longest_run()) {
      now += random.until_next(m_settings.every);
      if (has_reached_goal(now)) return finish(std::move(result));
      if (const auto choice = m_stage->arrive(now)) admit(*choice, now, random);
    }
    return result;
  }

 private:
  void admit(const GroupChoice& choice, std::chrono::nanoseconds now, RandomNumbers& random) {
    const auto own = m_settings.dropout_of.find(choice.group);
    SimulatedVisit visit{choice, now + m_settings.length, false};
    visit.drops_out = random.uniform() < (own == m_settings.dropout_of.end() ? m_settings.dropout : own->second);
    const double share = random.uniform();
    if (visit.drops_out) {
      visit.end = now + std::chrono::nanoseconds(std::llround(share * static_cast<double>(m_settings.length.count())));
    }
    m_stage->admit(std::move(visit));
  }

  /// A run with so many arrivals cannot come to its end, because nearly all participants leave.
  int longest_run() const { return 1000 + 20 * m_goal; }

  bool has_reached_goal(std::chrono::nanoseconds now) const {
    return std::ranges::count_if(m_stage->visits(), [&](const SimulatedVisit& visit) {
             return !visit.drops_out && visit.end <= now;
           }) >= m_goal;
  }

  /// Sessions have one length, so that participants complete in the order of their arrival.
  Run finish(Run result) const {
    result.is_finished = true;
    result.turned_away = m_stage->turned_away();
    result.completed_by_group.assign(std::max<std::size_t>(m_design.groups.size(), 1), 0);
    int completed = 0;
    for (const SimulatedVisit& one : m_stage->visits()) {
      if (completed == m_goal) break;
      ++result.needed;
      if (one.drops_out) continue;
      ++completed;
      ++result.completed_by_group[index_of(one.choice.group)];
    }
    TELLINA_ASSERT(completed == m_goal);
    std::vector<int> open;
    for (std::size_t index = 0; index < result.completed_by_group.size(); ++index) {
      const std::vector<std::string>& closed = m_design.assignment.closed;
      const bool is_closed = !m_design.groups.empty() &&
                             std::find(closed.begin(), closed.end(), m_design.groups[index].name) != closed.end();
      if (!is_closed) open.push_back(result.completed_by_group[index]);
    }
    result.difference = *std::max_element(open.begin(), open.end()) - *std::min_element(open.begin(), open.end());
    return result;
  }

  std::size_t index_of(const std::string& group) const {
    const auto found = std::find_if(m_design.groups.begin(), m_design.groups.end(),
                                    [&](const Group& one) { return one.name == group; });
    return found == m_design.groups.end() ? 0 : static_cast<std::size_t>(found - m_design.groups.begin());
  }

  const Design& m_design;
  const SimulationSettings& m_settings;
  const ChooseGroup& m_choose;
  const int m_goal;
  std::optional<SimulatedStage> m_stage;  ///< of the current run
};

SimulatedNumber summary(std::vector<int> numbers) {
  if (numbers.empty()) return {};
  std::sort(numbers.begin(), numbers.end());
  double sum = 0;
  for (const int number : numbers) sum += number;
  const auto count = static_cast<double>(numbers.size());
  return {sum / count, numbers[static_cast<std::size_t>(std::ceil(0.95 * count)) - 1]};
}

int goal_of(const Design& design, const SimulationSettings& settings) {
  const int groups = static_cast<int>(std::max<std::size_t>(design.groups.size(), 1));
  const int open = groups - static_cast<int>(design.assignment.closed.size());
  if (const auto target = design.assignment.target_per_group) {
    return static_cast<int>(std::min<std::int64_t>(std::int64_t{*target} * open, simulated_arrivals));
  }
  double dropout = 0;
  for (const Group& group : design.groups) {
    const auto own = settings.dropout_of.find(group.name);
    dropout += (own == settings.dropout_of.end() ? settings.dropout : own->second) / groups;
  }
  if (design.groups.empty()) dropout = settings.dropout;
  return static_cast<int>(std::lround(settings.arrivals * (1 - dropout)));
}

}  // namespace

SimulationResult simulate(const Design& design, const SimulationSettings& settings, const ChooseGroup& choose) {
  TELLINA_ASSERT(settings.runs > 0 && settings.dropout >= 0 && settings.dropout < 1);
  SimulationResult result;
  result.completed = goal_of(design, settings);
  result.completed_by_group.assign(std::max<std::size_t>(design.groups.size(), 1), 0);
  std::vector<int> needed;
  std::vector<int> differences;
  std::vector<int> turned_away;
  Simulation simulation(design, settings, choose, result.completed);
  for (int number = 1; number <= settings.runs && result.completed > 0; ++number) {
    const Run run = simulation.run(number);
    if (!run.is_finished) {
      ++result.unfinished;
      continue;
    }
    needed.push_back(run.needed);
    differences.push_back(run.difference);
    turned_away.push_back(run.turned_away);
    for (std::size_t index = 0; index < run.completed_by_group.size(); ++index) {
      result.completed_by_group[index] += run.completed_by_group[index];
    }
  }
  for (double& mean : result.completed_by_group) mean /= std::max<double>(1, static_cast<double>(needed.size()));
  result.needed = summary(std::move(needed));
  result.difference = summary(std::move(differences));
  result.turned_away = summary(std::move(turned_away));
  return result;
}

}  // namespace tellina
