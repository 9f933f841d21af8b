#include "host/config/assignment_reader.hpp"

#include <algorithm>
#include <cmath>

#include "host/study/assignment.hpp"
#include "host/study/schedule.hpp"
#include "host/text/message_parts.hpp"

namespace tellina {
namespace {

template <typename Item>
std::vector<std::string> names_of_all(const std::vector<Item>& items, std::string Item::*name) {
  std::vector<std::string> names;
  for (const Item& item : items) names.push_back(item.*name);
  return names;
}

class AssignmentReader {
 public:
  AssignmentReader(Design& design, Diagnostics& diagnostics)
      : m_design(design),
        m_diagnostics(diagnostics),
        m_blocks(names_of_all(design.blocks, &Block::name)),
        m_treatments(names_of_all(design.treatments, &Treatment::name)) {}

  void read(const Config& section) {
    AssignmentRules& rules = m_design.assignment;
    if (const Config* groups = section.find("groups")) read_groups(*groups);
    const std::string method = section.string_or("method", "least_filled");
    if (method == "permuted_blocks") rules.method = AssignmentMethod::permuted_blocks;
    if (method == "in_turn") rules.method = AssignmentMethod::in_turn;
    read_block_size(section);
    rules.seed = section.integer_or("seed", 0);
    const std::string at = section.string_or("at", "first_period");
    if (at != "first_period") rules.at = at;
    if (const Config* minutes = section.find("held_for_in_minutes")) {
      rules.held_for = std::chrono::nanoseconds(std::llround(minutes->as_number() * 60e9));
    }
    if (const Config* target = section.find("target_per_group")) {
      rules.target_per_group = static_cast<int>(target->as_integer());
    }
    rules.continues_when_full = section.string_or("when_full", "turn_away") == "continue";
    if (const Config* fixed = section.find("fixed")) read_fixed(*fixed);
    if (const Config* closed = section.find("closed")) {
      for (const Config& group : closed->items()) {
        if (check_name(group, names_of_all(m_design.groups, &Group::name), "the name of a group", m_diagnostics))
          rules.closed.push_back(group.as_string());
      }
    }
  }

 private:
  void read_groups(const Config& groups) {
    if (const Config* crossover = groups.find("crossover"); crossover && crossover->is_object()) {
      return read_crossover(*crossover);
    }
    if (groups.members().empty()) {
      m_diagnostics.add(groups, "expected \"crossover\" or groups by name, got none");
    }
    std::size_t periods = 0;
    for (const auto& [name, value] : groups.members()) {
      Group group{name, {}};
      for (const Config& period : value.items()) read_period(period, group);
      const std::size_t count = value.items().size();
      if (periods == 0) periods = count;
      if (count != periods) {
        m_diagnostics.add(value, "expected " + counted(static_cast<std::int64_t>(periods), "period") +
                                     " as in the first group, got " + std::to_string(count));
      }
      check_each_block_once(value, group);
      m_design.groups.push_back(std::move(group));
    }
  }

  void read_period(const Config& period, Group& group) {
    GroupPeriod read{period.at("block").as_string(), period.string_or("treatment", "")};
    check_name(period.at("block"), m_blocks, "a name in \"blocks\"", m_diagnostics);
    if (const Config* treatment = period.find("treatment")) {
      check_name(*treatment, m_treatments, "a name in \"treatments\"", m_diagnostics);
    }
    group.periods.push_back(std::move(read));
  }

  void check_each_block_once(const Config& value, const Group& group) {
    for (const std::string& block : m_blocks) {
      const auto times = std::count_if(group.periods.begin(), group.periods.end(),
                                       [&](const GroupPeriod& period) { return period.block == block; });
      if (times < 2) continue;
      m_diagnostics.add(value, "expected each block once, got " + in_quotes(block) + " " +
                                   (times == 2 ? "twice" : std::to_string(times) + " times"));
    }
  }

  void read_crossover(const Config& crossover) {
    std::vector<std::string> blocks;
    std::vector<std::string> treatments;
    bool are_known = true;
    for (const Config& block : crossover.at("blocks").items()) {
      are_known = check_name(block, m_blocks, "a name in \"blocks\"", m_diagnostics) && are_known;
      blocks.push_back(block.as_string());
    }
    for (const Config& treatment : crossover.at("treatments").items()) {
      are_known = check_name(treatment, m_treatments, "a name in \"treatments\"", m_diagnostics) && are_known;
      treatments.push_back(treatment.as_string());
    }
    if (blocks.size() != treatments.size()) {
      return m_diagnostics.add(crossover.at("treatments"), "expected as many treatments as blocks, which are " +
                                                               std::to_string(blocks.size()) + ", got " +
                                                               std::to_string(treatments.size()));
    }
    if (are_known) m_design.groups = crossover_groups(blocks, treatments);
  }

  void read_block_size(const Config& section) {
    const Config* size = section.find("block_size");
    AssignmentRules& rules = m_design.assignment;
    if (rules.method != AssignmentMethod::permuted_blocks) {
      if (size) {
        m_diagnostics.add(*size, "expected \"method\": \"permuted_blocks\" with \"block_size\", got another method");
      }
      return;
    }
    const std::int64_t groups = std::max<std::int64_t>(1, static_cast<std::int64_t>(m_design.groups.size()));
    const std::string expected = "expected a multiple of the number of groups, which is " + std::to_string(groups);
    if (!size) {
      return m_diagnostics.add({section.line(), section.column()}, "assignment.block_size", expected + ", got none");
    }
    rules.block_size = static_cast<int>(size->as_integer());
    if (rules.block_size % groups != 0) m_diagnostics.add(*size, expected + ", got " + describe(*size));
  }

  /// The keys are access codes, which no message may contain.
  void read_fixed(const Config& fixed) {
    const std::vector<std::string> groups = names_of_all(m_design.groups, &Group::name);
    for (const auto& [code, group] : fixed.members()) {
      const bool is_group = group.is_string() && m_design.find_group(group.as_string());
      if (is_group) {
        m_design.assignment.fixed[code] = group.as_string();
      } else {
        m_diagnostics.add({group.line(), group.column()}, "assignment.fixed",
                          "expected the name of a group (" + (groups.empty() ? "none" : listed(groups, "or")) +
                              "), got " + describe(group));
      }
    }
  }

  Design& m_design;
  Diagnostics& m_diagnostics;
  const std::vector<std::string> m_blocks;
  const std::vector<std::string> m_treatments;
};

/// Why a seed is necessary, as "there are 4 groups"; empty if it is not.
std::string why_seed_is_needed(const Design& design) {
  if (design.groups.size() > 1) return "there are " + std::to_string(design.groups.size()) + " groups";
  for (const Block& block : design.blocks) {
    if (block.order == TaskOrder::random) return "blocks." + block.name + " has a random order";
  }
  for (const Form& form : design.forms) {
    for (std::size_t index = 0; index < form.fields.size(); ++index) {
      if (!form.fields[index].has_random_order) continue;
      return "questionnaires." + form.name + ".fields[" + std::to_string(index) + "] has a random order";
    }
  }
  return "";
}

void check_point(const Config& at, const Design& design, Diagnostics& diagnostics) {
  std::vector<std::string> ids = names_of_all(design.flow, &FlowStep::id);
  ids.push_back("first_period");
  const std::string words = "the id of a step outside of periods, or \"first_period\"";
  if (!check_name(at, ids, words, diagnostics) || design.assignment.at.empty()) return;
  Design without = design;
  without.assignment.at.clear();
  const std::optional<std::string> latest = assignment_point(without);
  if (!latest) return;
  if (std::find(ids.begin(), ids.end(), design.assignment.at) <= std::find(ids.begin(), ids.end(), *latest)) return;
  diagnostics.add(at, "expected " + in_quotes(*latest) + ", which depends on the group, or a step before it, got " +
                          in_quotes(design.assignment.at));
}

}  // namespace

void read_assignment(const Config& section, Design& design, Diagnostics& diagnostics) {
  AssignmentReader(design, diagnostics).read(section);
}

void check_assignment(const Config& root, const Design& design, Diagnostics& diagnostics) {
  const Config* section = root.find("assignment");
  const Config* seed = section ? section->find("seed") : nullptr;
  const std::string why = why_seed_is_needed(design);
  if (!seed && !why.empty()) {
    const Config& place = section ? *section : root;
    diagnostics.add({place.line(), place.column()}, "assignment.seed",
                    "expected a whole number, as " + why + ", got none");
  }
  if (!section) return;
  if (const Config* at = section->find("at")) check_point(*at, design, diagnostics);
  const bool has_periods = std::any_of(design.flow.begin(), design.flow.end(),
                                       [](const FlowStep& step) { return step.kind == StepKind::periods; });
  if (!design.groups.empty() && !has_periods) {
    diagnostics.add(section->at("groups"), "expected a step \"periods\" in \"flow\", in which groups differ, got none");
  }
}

}  // namespace tellina
