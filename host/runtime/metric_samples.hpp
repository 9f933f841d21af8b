#pragma once

/// Metrics in the form in which workers send them to the gateway, which prints them.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/runtime/histogram.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// One number of OpenMetrics text.
class MetricSample {
 public:
  std::string family;  ///< "tellina_key_to_echo_seconds"
  std::string suffix;  ///< "_bucket", "_total", ... or empty
  std::string labels;  ///< {worker="0"}, or empty
  double value = 0;
  std::string help{};  ///< one line, of a family that the gateway does not know
};

/// Label names and values; values need no escapes.
using MetricLabels = std::map<std::string, std::string>;

class MetricSamples {
 public:
  void add(std::string_view family, const MetricLabels& labels, double value, std::string_view suffix = "",
           std::string_view help = "");
  /// Buckets, sum and count.
  void add(std::string_view family, const MetricLabels& labels, const Histogram& histogram);
  /// The processor time, memory, descriptors and start time of this process, with the label `process` and the names
  /// that Prometheus clients use. Leaves out values that /proc does not have.
  void add_process(const std::string& process, const Clock& clock);

  const std::vector<MetricSample>& all() const { return m_samples; }

 private:
  std::vector<MetricSample> m_samples;
};

/// The shortest decimal text that reads back as the same number: "3", "0.0001", "1795999200.5".
std::string metric_number(double value);

}  // namespace tellina
