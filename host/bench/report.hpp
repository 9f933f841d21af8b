#pragma once

/// The results, for people and for programs.

#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "host/bench/sample.hpp"
#include "host/options/bench_options.hpp"

namespace tellina::bench {

/// Threads: one.
class Report {
 public:
  /// If the options name a JSON file, writes JSON lines to it. Throws BenchFailure if the file cannot be written.
  Report(const BenchOptions& options, std::ostream& out, std::ostream& err);

  void add(Sample sample);
  /// Adds a failed measurement.
  void add_failure(const std::string& figure, const std::string& target, const std::string& sentence);
  /// Prints the table, the ratios and the distributions. Returns whether everything could be measured.
  bool finish();

 private:
  void write_line(const std::string& json);
  void write_run();
  void write_distributions();
  std::vector<std::string> names_of(const std::string& figure) const;
  std::vector<double> values_of(const std::string& figure, const std::string& target, const std::string& name) const;

  const BenchOptions& m_options;
  std::ostream& m_out;
  std::ostream& m_err;
  std::ofstream m_file;
  std::vector<std::string> m_figures;  ///< in the order of the first sample
  std::vector<Sample> m_samples;
  const std::string m_compared_with;  ///< name of the other target; empty if there is none
  bool m_is_good = true;
};

}  // namespace tellina::bench
