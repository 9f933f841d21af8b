#include <algorithm>
#include <cmath>
#include <sstream>

#include "host/cli/commands.hpp"
#include "host/config/load_host_config.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/store/reader.hpp"
#include "host/study/plan.hpp"
#include "host/text/json.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"
#include "host/text/table.hpp"

namespace tellina {
namespace {

/// With at most one decimal.
std::string short_number(double number) {
  std::ostringstream text;
  text << std::round(number * 10) / 10;
  return text.str();
}

double minutes(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count() / 60; }

/// "2 h", "1 h 30 min", "12.5 min".
std::string time_text(std::chrono::nanoseconds time) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(time);
  const std::string rest = short_number(minutes(time - hours)) + " min";
  if (hours.count() == 0) return rest;
  return std::to_string(hours.count()) + " h" + (time == hours ? "" : " " + rest);
}

std::string time_line(const TimeBound& time) {
  std::string parts;
  const std::pair<const char*, std::chrono::nanoseconds> named[] = {
      {"tasks", time.tasks}, {"practice", time.practice}, {"breaks", time.breaks}};
  for (const auto& [name, part] : named) {
    if (part.count() == 0) continue;
    parts += std::string(parts.empty() ? "" : ", ") + name + " " + short_number(minutes(part)) +
             (parts.empty() ? " min" : "");
  }
  return "time: at most " + time_text(time.total()) + (parts.empty() ? "" : " (" + parts + ")") +
         (time.unlimited.empty() ? "" : "; " + joined(time.unlimited, "and") + " have no limit");
}

/// "95 %: 67", with the mean rounded as a count of people or to one decimal.
std::string simulated(const std::string& mean, const SimulatedNumber& number) {
  return mean + " (95 %: " + std::to_string(number.most) + ")";
}

std::string simulation_line(const SimulationSettings& settings, const SimulationResult& result) {
  std::string line =
      "simulated: " + counted(settings.arrivals, "arrival") + ", " + counted(settings.runs, "run") + ": ";
  if (result.unfinished == settings.runs || result.completed == 0) return line + "no run comes to its end";
  line += std::to_string(result.completed) + " completed need " +
          simulated(short_number(std::round(result.needed.mean)), result.needed) + "; largest minus smallest group " +
          (result.difference.most == 0 ? "0" : simulated(short_number(result.difference.mean), result.difference));
  if (result.turned_away.most > 0) {
    line += "; turned away " + simulated(short_number(std::round(result.turned_away.mean)), result.turned_away);
  }
  if (result.unfinished > 0) line += "; " + counted(result.unfinished, "run") + " without an end";
  return line;
}

/// Who is in the groups by now, of the people of the configured stage; absent without a database.
using Counts = std::optional<std::vector<GroupCounts>>;

Counts read_counts(const Arguments& arguments, const HostConfig& config, CommandContext& context) {
  const bool is_named = !arguments.database.empty();
  const Timestamp now(context.clock);
  std::vector<AssignedParticipant> people;
  try {
    const auto reader = StoreReader::open(is_named ? arguments.database : config.database, context.clock);
    if (!reader && is_named) {
      throw UsageError("--database: expected the database of a study, got " + in_quotes(arguments.database) +
                       ", which does not exist");
    }
    if (!reader) return std::nullopt;
    reader->run(
        [&](StoreTransaction& transaction) { people = transaction.list_assigned(config.study->design.stage, now); });
  } catch (const StoreError& error) {
    if (is_named) throw;
    context.err << "warning: nobody is counted: " << error.what() << '\n';
    return std::nullopt;
  }
  return count_groups(config.study->design, people, now.wall.time_since_epoch());
}

/// The heading, and a row for each group.
std::vector<std::vector<std::string>> group_rows(const Design& design, const Counts& counts) {
  std::vector<std::vector<std::string>> rows;
  std::size_t periods = 0;
  std::size_t width = 0;
  for (const Group& group : design.groups) {
    periods = std::max(periods, group.periods.size());
    for (const GroupPeriod& period : group.periods) width = std::max(width, period.block.size());
  }
  rows.push_back({"group"});
  for (std::size_t period = 1; period <= periods; ++period) rows[0].push_back("period " + std::to_string(period));
  if (counts) rows[0].insert(rows[0].end(), {"completed", "under way"});
  if (design.assignment.target_per_group) rows[0].push_back("target");
  for (const Group& group : design.groups) {
    std::vector<std::string> row{group.name};
    for (const GroupPeriod& period : group.periods) {
      const std::string space(width - period.block.size() + 2, ' ');
      row.push_back(period.block + (period.treatment.empty() ? "" : space + period.treatment));
    }
    row.resize(periods + 1);
    if (counts) {
      const GroupCounts& count = counts->at(rows.size() - 1);
      row.push_back(std::to_string(count.completed));
      row.push_back(std::to_string(count.under_way));
    }
    const auto& closed = design.assignment.closed;
    const bool is_closed = std::find(closed.begin(), closed.end(), group.name) != closed.end();
    if (design.assignment.target_per_group) {
      row.push_back(is_closed ? "closed" : std::to_string(*design.assignment.target_per_group));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_csv(std::ostream& out, const Design& design, const Counts& counts) {
  std::size_t periods = 0;
  for (const Group& group : design.groups) periods = std::max(periods, group.periods.size());
  out << "group";
  for (std::size_t period = 1; period <= periods; ++period) {
    out << ",block_" << period << ",treatment_" << period;
  }
  out << ",target" << (counts ? ",completed,under_way" : "") << "\r\n";
  std::size_t index = 0;
  // Names have no character that CSV would need in quotes.
  for (const Group& group : design.groups) {
    out << group.name;
    for (const GroupPeriod& period : group.periods) out << ',' << period.block << ',' << period.treatment;
    out << ',';
    if (design.assignment.target_per_group) out << *design.assignment.target_per_group;
    if (counts) out << ',' << counts->at(index).completed << ',' << counts->at(index).under_way;
    ++index;
    out << "\r\n";
  }
}

template <typename Items, typename ToJson>
std::string json_list(const Items& items, ToJson to_json) {
  std::string text = "[";
  for (const auto& item : items) text += (text.size() > 1 ? "," : "") + to_json(item);
  return text + "]";
}

std::string to_json(const SimulatedNumber& number) {
  std::ostringstream mean;
  mean << number.mean;
  return JsonObject().add_json("mean", mean.str()).add("most", number.most).text();
}

std::string group_json(const Group& group, const GroupCounts* count) {
  const std::string periods = json_list(group.periods, [](const GroupPeriod& period) {
    return JsonObject().add("block", period.block).add("treatment", period.treatment).text();
  });
  JsonObject object;
  object.add("group", group.name).add_json("periods", periods);
  if (count) object.add("completed", count->completed).add("under_way", count->under_way);
  return object.text();
}

void print_json(std::ostream& out, const Study& study, const Plan& plan, const Arguments& arguments,
                const std::optional<SimulationResult>& simulation, const Counts& counts) {
  const auto seconds = [](std::chrono::nanoseconds time) {
    std::ostringstream text;
    text << std::chrono::duration<double>(time).count();
    return text.str();
  };
  const auto checks = json_list(plan.checks, [](const PlanCheck& check) {
    return JsonObject().add("good", check.is_good).add("text", check.text).text();
  });
  JsonObject object;
  std::size_t index = 0;
  object.add_json("groups", json_list(study.design.groups, [&](const Group& group) {
                    return group_json(group, counts ? &counts->at(index++) : nullptr);
                  }));
  const auto target = study.design.assignment.target_per_group;
  object.add_json("target", target ? std::to_string(*target) : "null");
  object.add_json("checks", checks).add_json("warnings", json_list(plan.warnings, json_string));
  object.add_json("time", JsonObject()
                              .add_json("tasks_in_seconds", seconds(plan.time.tasks))
                              .add_json("practice_in_seconds", seconds(plan.time.practice))
                              .add_json("breaks_in_seconds", seconds(plan.time.breaks))
                              .add_json("unlimited", json_list(plan.time.unlimited, json_string))
                              .text());
  if (simulation) {
    object.add_json("simulation", JsonObject()
                                      .add("arrivals", arguments.simulation.arrivals)
                                      .add("runs", arguments.simulation.runs)
                                      .add("unfinished", simulation->unfinished)
                                      .add("completed", simulation->completed)
                                      .add_json("needed", to_json(simulation->needed))
                                      .add_json("difference", to_json(simulation->difference))
                                      .add_json("turned_away", to_json(simulation->turned_away))
                                      .text());
  }
  out << object.text() << '\n';
}

void check_groups_of_dropouts(const Arguments& arguments, const Design& design) {
  std::vector<std::string> names;
  for (const Group& group : design.groups) names.push_back(group.name);
  for (const auto& [group, probability] : arguments.simulation.dropout_of) {
    if (design.find_group(group)) continue;
    throw UsageError("--dropout-of: expected the name of a group" +
                     (names.empty() ? ", of which the study has none" : " (" + listed(names, "or") + ")") + ", got " +
                     in_quotes(group) + suggestion(group, names));
  }
}

}  // namespace

int plan(const Arguments& arguments, CommandContext& context) {
  if (arguments.json && arguments.csv) throw UsageError("plan: expected --json or --csv, got both");
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  for (const std::string& problem : registry.problems()) context.err << "warning: " << problem << '\n';
  const HostConfig config = load_host_config(arguments.config, registry);
  const Study& study = *config.study;
  check_groups_of_dropouts(arguments, study.design);
  const Plan plan = make_plan(study);
  const bool is_good =
      std::all_of(plan.checks.begin(), plan.checks.end(), [](const PlanCheck& check) { return check.is_good; });
  std::optional<SimulationResult> simulation;
  if (arguments.simulate) simulation = simulate(study.design, arguments.simulation);
  const Counts counts = read_counts(arguments, config, context);
  if (arguments.json) {
    print_json(context.out, study, plan, arguments, simulation, counts);
    return is_good ? 0 : 1;
  }
  if (arguments.csv) {
    print_csv(context.out, study.design, counts);
  } else {
    if (!study.design.groups.empty()) print_table(context.out, group_rows(study.design, counts));
    for (const PlanCheck& check : plan.checks)
      context.out << (check.is_good ? "good: " : "bad: ") << check.text << '\n';
    context.out << time_line(plan.time) << '\n';
    if (simulation) context.out << simulation_line(arguments.simulation, *simulation) << '\n';
  }
  for (const std::string& warning : plan.warnings) context.err << "warning: " << warning << '\n';
  return is_good ? 0 : 1;
}

}  // namespace tellina
