#pragma once

/// What was measured, for people and for programs.

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
  /// JSON lines go to the file that the options name, if they name one. Throws BenchFailure where it cannot be written.
  Report(const BenchOptions& options, std::ostream& out, std::ostream& err);

  void add(Sample sample);
  /// A measurement that could not be made.
  void add_failure(const std::string& figure, const std::string& target, const std::string& sentence);
  /// The table, the ratios and the distributions. Returns whether everything could be measured.
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
  const std::string m_compared_with;  ///< name of the other target; empty: there is none
  bool m_is_good = true;
};

}  // namespace tellina::bench
