#include "host/runtime/metric_samples.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tellina {
namespace {

std::string text_of(const MetricLabels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text.append(text.empty() ? "{" : ",").append(name).append("=\"").append(value).append("\"");
  }
  return text.empty() ? text : text + "}";
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

void MetricSamples::add(std::string_view family, const MetricLabels& labels, double value, std::string_view suffix,
                        std::string_view help) {
  m_samples.push_back({std::string(family), std::string(suffix), text_of(labels), value, std::string(help)});
}

void MetricSamples::add(std::string_view family, const MetricLabels& labels, const Histogram& histogram) {
  std::int64_t count = 0;
  for (std::size_t bucket = 0; bucket <= Histogram::bounds.size(); ++bucket) {
    count += histogram.count(bucket);
    MetricLabels bounded = labels;
    const bool is_last = bucket == Histogram::bounds.size();
    bounded["le"] = is_last ? "+Inf" : metric_number(seconds(Histogram::bounds[bucket]));
    add(family, bounded, static_cast<double>(count), "_bucket");
  }
  add(family, labels, seconds(histogram.sum()), "_sum");
  add(family, labels, static_cast<double>(count), "_count");
}

void MetricSamples::add_process(const std::string& process, const Clock& clock) {
  const MetricLabels labels{{"process", process}};
  // proc(5): field 2 is the name in parentheses, and field 3 follows the last parenthesis.
  std::ifstream file("/proc/self/stat");
  const std::string line{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::istringstream fields(line.substr(std::min(line.rfind(')'), line.size() - 1) + 1));
  std::vector<std::string> words{"", "", ""};
  for (std::string word; fields >> word;) words.push_back(word);
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (words.size() > 24) {
    add("process_cpu_seconds", labels, (std::stod(words[14]) + std::stod(words[15])) / ticks, "_total");
    const auto age = seconds(clock.now().time_since_epoch()) - std::stod(words[22]) / ticks;
    add("process_start_time_seconds", labels, seconds(clock.wall_time().time_since_epoch()) - age);
    add("process_virtual_memory_bytes", labels, std::stod(words[23]));
    add("process_resident_memory_bytes", labels, std::stod(words[24]) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
  std::error_code failed;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", failed);
  if (!failed) {
    // The directory iterator itself has one of them open.
    add("process_open_fds", labels, static_cast<double>(std::distance(begin(descriptors), end(descriptors)) - 1));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) add("process_max_fds", labels, static_cast<double>(limit.rlim_cur));
}

std::string metric_number(double value) {
  char text[400];  // the longest is the largest double, of 309 digits
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  return error == std::errc() ? std::string(text, end) : "0";
}

}  // namespace tellina
