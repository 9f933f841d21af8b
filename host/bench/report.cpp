#include "host/bench/report.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <thread>

#include <sys/utsname.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "host/bench/failure.hpp"
#include "host/bench/statistics.hpp"
#include "host/text/table.hpp"

namespace tellina::bench {
namespace {

/// The text after the colon of the first line with that name.
std::string line_of(const char* file, const std::string& name) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

/// Processor, cores, memory and kernel, on which the figures depend.
std::string machine_description() {
  utsname system{};
  ::uname(&system);
  const double pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  const double gibibytes = pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024.0 * 1024 * 1024);
  return line_of("/proc/cpuinfo", "model name") + ", " + std::to_string(std::thread::hardware_concurrency()) +
         " cores, " + std::to_string(static_cast<int>(std::lround(gibibytes))) + " GiB, " + system.sysname + " " +
         system.release;
}

namespace json = boost::json;

std::string with_digits(double number, int digits) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number, std::chars_format::general, digits);
  if (error != std::errc()) return "?";
  if (std::string_view(text, static_cast<std::size_t>(end - text)).find('e') == std::string_view::npos)
    return {text, end};
  const auto [fixed_end, fixed_error] = std::to_chars(text, text + sizeof text, number, std::chars_format::fixed, 0);
  return fixed_error == std::errc() ? std::string(text, fixed_end) : "?";
}

double in_milliseconds(Nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

json::object to_json(const Estimate& estimate) {
  return {{"median", estimate.median},
          {"low", estimate.low},
          {"high", estimate.high},
          {"confidence", estimate.confidence},
          {"count", estimate.count}};
}

}  // namespace

Report::Report(const BenchOptions& options, std::ostream& out, std::ostream& err)
    : m_options(options),
      m_out(out),
      m_err(err),
      m_compared_with(!options.floor.empty()     ? "floor"
                      : !options.against.empty() ? "other"
                                                 : "") {
  if (!options.json.empty() && options.json != "-") {
    m_file.open(options.json, std::ios::binary);
    if (!m_file) throw BenchFailure("--json: " + options.json + " cannot be written");
  }
  write_run();
}

void Report::write_line(const std::string& line) {
  if (m_options.json.empty()) return;
  std::ostream& stream = m_options.json == "-" ? m_out : m_file;
  stream << line << '\n' << std::flush;
  if (!stream) throw BenchFailure("--json: " + m_options.json + " cannot be written");
}

void Report::write_run() {
  json::object line{{"type", "run"},
                    {"machine", machine_description()},
                    {"layer", m_options.layer},
                    {"policy", m_options.policy},
                    {"recording", m_options.recording},
                    {"sandbox", m_options.sandbox},
                    {"workers", m_options.workers},
                    {"pool", m_options.pool},
                    {"sessions", m_options.sessions},
                    {"rate", m_options.rate},
                    {"mash_rate", m_options.mash_rate},
                    {"seconds", m_options.seconds},
                    {"pairs", m_options.pairs},
                    {"url", m_options.url},
                    {"against", m_options.against},
                    {"compared_with", m_compared_with}};
  write_line(json::serialize(line));
}

void Report::add(Sample sample) {
  json::object values;
  for (const auto& [name, value] : sample.values) values[name] = value;
  write_line(json::serialize(json::object{{"type", "sample"},
                                          {"figure", sample.figure},
                                          {"target", sample.target},
                                          {"pair", sample.pair},
                                          {"values", std::move(values)}}));
  for (const std::string& failure : sample.failures) add_failure(sample.figure, sample.target, failure);
  if (std::find(m_figures.begin(), m_figures.end(), sample.figure) == m_figures.end()) {
    m_figures.push_back(sample.figure);
  }
  m_samples.push_back(std::move(sample));
}

void Report::add_failure(const std::string& figure, const std::string& target, const std::string& sentence) {
  m_is_good = false;
  m_err << "tellina: bench: " << figure << " of the " << target << " was not measured: " << sentence << '\n';
  write_line(json::serialize(
      json::object{{"type", "failure"}, {"figure", figure}, {"target", target}, {"message", sentence}}));
}

std::vector<std::string> Report::names_of(const std::string& figure) const {
  std::vector<std::string> names;
  for (const Sample& sample : m_samples) {
    if (sample.figure != figure) continue;
    for (const auto& [name, value] : sample.values) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::vector<double> Report::values_of(const std::string& figure, const std::string& target,
                                      const std::string& wanted) const {
  std::vector<double> values;
  for (const Sample& sample : m_samples) {
    if (sample.figure != figure || sample.target != target) continue;
    for (const auto& [name, value] : sample.values) {
      if (name == wanted) values.push_back(value);
    }
  }
  return values;
}

bool Report::finish() {
  const bool is_compared = !m_compared_with.empty();
  std::vector<std::vector<std::string>> rows{{"FIGURE", "VALUE", "SERVER"}};
  if (is_compared) {
    rows[0].insert(rows[0].end(), {m_compared_with == "floor" ? "FLOOR" : "OTHER", "RATIO", "95 % INTERVAL"});
  }
  for (const std::string& figure : m_figures) {
    for (const std::string& name : names_of(figure)) {
      const std::vector<double> server = values_of(figure, "server", name);
      const std::vector<double> other = values_of(figure, m_compared_with, name);
      std::vector<std::string> row{figure, name, server.empty() ? "-" : with_digits(median(server), 4)};
      json::object line{{"type", "summary"}, {"figure", figure}, {"value", name}};
      if (!server.empty()) line["server"] = to_json(estimate_median(server));
      if (!other.empty()) line[m_compared_with] = to_json(estimate_median(other));
      Estimate ratio;
      if (server.size() == other.size() && !server.empty()) {
        std::vector<std::pair<double, double>> pairs;
        for (std::size_t i = 0; i < server.size(); ++i) pairs.emplace_back(server[i], other[i]);
        ratio = estimate_ratio(pairs);
      }
      if (ratio.count > 0) line["ratio"] = to_json(ratio);
      if (is_compared) {
        row.push_back(other.empty() ? "-" : with_digits(median(other), 4));
        row.push_back(ratio.count == 0 ? "-" : with_digits(ratio.median, 3));
        row.push_back(ratio.count < 6 ? "-" : with_digits(ratio.low, 3) + " .. " + with_digits(ratio.high, 3));
      }
      rows.push_back(std::move(row));
      write_line(json::serialize(line));
    }
  }
  write_distributions();
  if (m_options.json != "-" && rows.size() > 1) print_table(m_out, rows);
  return m_is_good;
}

void Report::write_distributions() {
  for (const std::string& figure : m_figures) {
    for (const std::string& target : {std::string("server"), m_compared_with}) {
      Histogram all;
      for (const Sample& sample : m_samples) {
        if (sample.figure == figure && sample.target == target) all.add(sample.latency);
      }
      if (all.count() == 0) continue;
      json::array points;
      for (const auto& [upper_end, share] : all.distribution()) {
        points.push_back(json::array{in_milliseconds(upper_end), share});
      }
      write_line(json::serialize(json::object{{"type", "distribution"},
                                              {"figure", figure},
                                              {"target", target},
                                              {"count", all.count()},
                                              {"milliseconds_and_share", std::move(points)}}));
    }
  }
}

}  // namespace tellina::bench
