#include "hostile/report.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <thread>

#include <sys/utsname.h>

#include "host/runtime/files.hpp"

namespace tellina::hostile {
namespace {

constexpr std::string_view begin_of_tables = "<!-- hostile";
constexpr std::string_view end_of_tables = "<!-- end of hostile -->";
constexpr std::string_view not_tried = " – |";

std::string cell_of(const Outcome& outcome) {
  return outcome.failures.empty() ? figures_of(outcome) : "**" + join(outcome.failures) + "** " + figures_of(outcome);
}

bool has_topic(const Results& results, Topic topic) {
  return std::any_of(attacks().begin(), attacks().end(), [&](const Attack& attack) {
    return attack.topic == topic && results.outcomes.contains(attack.name);
  });
}

std::string name_of_processor() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "an unknown processor";
}

std::string table_of(Topic topic, const std::vector<Results>& all) {
  std::vector<const Results*> columns;
  for (const Results& results : all) {
    if (has_topic(results, topic)) columns.push_back(&results);
  }
  if (columns.empty()) return {};
  std::string table = "\n**" + std::string(title_of(topic)) + "**\n\n| attack |";
  for (const Results* column : columns) table += ' ' + column->title + " |";
  table += "\n| --- |";
  for (std::size_t i = 0; i < columns.size(); ++i) table += " --- |";
  table += '\n';
  for (const Attack& attack : attacks()) {
    if (attack.topic != topic) continue;
    std::string cells;
    bool was_tried = false;
    for (const Results* column : columns) {
      const auto found = column->outcomes.find(attack.name);
      const bool has_outcome = found != column->outcomes.end();
      was_tried |= has_outcome;
      cells += has_outcome ? " " + cell_of(found->second) + " |" : std::string(not_tried);
    }
    if (was_tried) table += "| " + std::string(attack.name) + " |" + cells + '\n';
  }
  return table;
}

}  // namespace

std::string join(const std::set<std::string>& sentences) {
  std::string all;
  for (const std::string& sentence : sentences) all += (all.empty() ? "" : "; ") + sentence;
  return all;
}

std::string figures_of(const Outcome& outcome) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << outcome.victim.median << " / " << outcome.victim.p99 << " / "
       << outcome.victim.longest << ", " << std::setprecision(0) << static_cast<double>(outcome.start.count());
  return text.str();
}

std::string describe_machine() {
  utsname system{};
  ::uname(&system);
  double load = 0;
  ::getloadavg(&load, 1);
  const std::time_t now = std::time(nullptr);
  std::tm day{};
  ::gmtime_r(&now, &day);
  std::ostringstream text;
  text << "Measured on " << std::put_time(&day, "%Y-%m-%d") << " with " << std::thread::hardware_concurrency()
       << " cores (" << name_of_processor() << ") and Linux " << system.release << ", which had a load of "
       << std::fixed << std::setprecision(1) << load << " before the first attack.";
  return text.str();
}

std::string tables_of(const std::vector<Results>& all, const std::string& machine) {
  std::string tables = machine + '\n';
  std::vector<Topic> topics;
  for (const Attack& attack : attacks()) {
    if (std::find(topics.begin(), topics.end(), attack.topic) == topics.end()) topics.push_back(attack.topic);
  }
  for (const Topic topic : topics) tables += table_of(topic, all);
  return tables;
}

void write_report(const std::filesystem::path& file, const std::string& tables) {
  const std::string text = read_text(file);
  const std::size_t begin = text.find(begin_of_tables);
  const std::size_t from = text.find('\n', std::min(begin, text.size()));
  const std::size_t end = text.find(end_of_tables, std::min(begin, text.size()));
  if (from == std::string::npos || end == std::string::npos) return write_text(file, tables);
  write_text(file, text.substr(0, from + 1) + tables + text.substr(end));
}

}  // namespace tellina::hostile
