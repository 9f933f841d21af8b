#pragma once

/// Finds the paths in what a command printed.

#include <vector>

#include "host/study/home_names.hpp"

namespace tellina {

/// A line of output, other than blank ones, totals and headings of directories.
class ScannedLine {
 public:
  BytesView line;            ///< a part of the output
  std::vector<Bytes> names;  ///< of the entries that the line names, in order
};

/// "total 12", which `ls -l` prints first, or "12 total", which `wc` prints last.
bool is_total_line(BytesView line);

/// What programs that list files print (ls, find, grep -l, wc, du, stat) names entries of the home in these ways, of
/// which the first that fits counts:
/// 1. The whole line is a path.
/// 2. "DIR:" of a directory is a heading, as `ls` prints it: the following paths may be relative to it.
/// 3. All fields of the line are paths (the columns of `ls`).
/// 4. The end of the line, from some field on, is a path (`ls -l`, `find -ls`, `wc`); of several, the longest.
///
/// A path is relative to the last heading, to the working directory, or to a word of the command that is a directory:
/// to the first of these where it exists. "." and ".." alone, which `ls -a` prints, name nothing. The quotes of `ls`
/// and the backslashes of `find -ls` are read, of "a -> b" only a, and of the signs of `ls -F` only the name.
///
/// `output`: cleaned text (see ScannerListener::on_text). `working_directory`: the shell's at the start, absolute.
/// `command`: as the shell has read it. The result refers to `output`.
std::vector<ScannedLine> scan_paths(const HomeNames& names, BytesView output, BytesView working_directory,
                                    BytesView command);

}  // namespace tellina
