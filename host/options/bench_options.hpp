#pragma once

/// The options of `tellina bench`: the command line sets them, the load generator uses them.

#include <cstddef>
#include <string>
#include <vector>

namespace tellina {

struct BenchOptions {
  std::vector<std::string> figures;  ///< empty: all
  std::size_t sessions = 1;
  double seconds = 3;          ///< of typing, for each figure and pair
  double rate = 10;            ///< keys a second of each session, for `paced`
  double mash_rate = 5000;     ///< the same, for `mash`
  std::size_t mebibytes = 32;  ///< of output, for `flood`
  std::size_t starts = 20;     ///< of shells, for `prompt`
  std::size_t pairs = 1;
  std::string json;  ///< file for JSON lines, "-" for standard output; empty: none

  // The server that is started.
  std::string layer = "memory";
  std::string policy = "strict";
  std::string sandbox = "chroot";
  std::string recording = "on";  ///< "off": the record holds no byte of the terminals
  std::size_t workers = 2;
  std::size_t pool = 2;
  std::string server;  ///< its program; empty: this one
  std::string
      certificate;  ///< its certificate; empty: no TLS. With `url`: whom to trust; empty: the system's authorities
  std::string key;  ///< of the certificate
  // Or a running server.
  std::string url;
  std::vector<std::string> access_codes;

  /// A second server to compare with: one option of the first with another value, such as "policy=slight"; empty: none.
  std::string against;
  std::string floor;  ///< the program to compare with; empty: none
};

/// All figures, in the order in which they are measured.
const std::vector<std::string>& bench_figures();

}  // namespace tellina
