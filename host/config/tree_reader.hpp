#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/config/archive_reader.hpp"
#include "host/config/diagnostics.hpp"
#include "host/study/attribute_ranges.hpp"
#include "host/study/relative_times.hpp"
#include "tellina/config.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// What a home directory can hold.
struct TreeLimits {
  std::size_t entries = 4095;                        ///< the inodes of a home, without its root
  std::size_t name_bytes = 255;                      ///< NAME_MAX
  std::size_t path_bytes = 4000;                     ///< PATH_MAX, less the path of a home
  std::size_t depth = SnapshotRequest().max_depth;   ///< levels of directories that are read
  std::optional<std::uint64_t> disk_in_mib;          ///< of the sandbox section
  std::uint64_t archive_bytes = 1024 * 1024 * 1024;  ///< content of an archive if disk_in_mib is absent
};

/// A tree of a configuration. `ranges` is of an answer's entries, `times` of an initial tree's.
class ReadTree {
 public:
  FileTree tree;
  AttributeRanges ranges;
  RelativeTimes times;
};

/// Converts the trees of a configuration into FileTrees. Use one object for each load: it reads each archive once, even
/// if many trees name it.
class TreeReader {
 public:
  enum class Purpose { initial, answer };

  /// Refers to `diagnostics`. Names of archives are relative to `folder`.
  TreeReader(std::string folder, TreeLimits limits, Diagnostics& diagnostics)
      : m_folder(std::move(folder)), m_limits(std::move(limits)), m_diagnostics(diagnostics) {}

  /// `value` must fit the schema's directory_tree. Reports the parts that it cannot build, with their places.
  ///
  /// In an initial tree `null` is an empty file; in an answer it is a file with any content. For files of an archive,
  /// an answer compares only kind, content and link target.
  ReadTree read(const Config& value, Purpose purpose);
  Diagnostics& diagnostics() { return m_diagnostics; }

  /// The digests of the archives that the value names, in order; empty for one that can't be read.
  std::vector<std::string> archive_digests(const Config& value);
  /// The names of all archives that were read.
  std::vector<std::string> archives() const;

 private:
  struct Loaded {
    std::optional<Archive> archive;
    std::string error;
  };
  struct Totals {
    std::size_t entries = 0;
    std::uint64_t bytes = 0;  ///< in blocks, as the home's file system counts them
  };

  /// The tree that is being read.
  struct Reading {
    Purpose purpose;
    ReadTree& result;
  };

  /// `path`: of the entry, in its tree.
  FileNode entry(const Config& value, const Bytes& path, const Reading& reading);
  void add_entries(FileNode& directory, const Config& value, const Bytes& path, const Reading& reading);
  FileNode file(const Config& attributes, const Bytes& path, const Reading& reading);
  FileNode directory(const Config& attributes, const Bytes& path, const Reading& reading);
  FileNode link(const Config& target);
  FileNode archive(const Config& value, const Bytes& path, const Reading& reading);
  void read_size(FileNode& node, const Config& size, const Bytes& path, const Reading& reading);
  /// The attributes that files and directories have.
  void read_attributes(FileNode& node, const Config& attributes, const Bytes& path, const Reading& reading);
  void read_time(FileNode& node, const Config& time, const Bytes& path, const Reading& reading);
  std::optional<WallTime> utc_time(const Config& time);
  std::optional<std::chrono::nanoseconds> time_before_start(const Config& time);
  const Loaded& load(const std::string& name);
  void check_size(const Config& value, const FileNode& root);
  void measure(const FileNode& node, const Bytes& path, std::size_t depth, const Config& value, Totals& totals);

  std::string m_folder;
  TreeLimits m_limits;
  Diagnostics& m_diagnostics;
  std::map<std::string, Loaded> m_loaded;
};

/// Takes away the attributes of a tree that answers do not compare unless they name them.
void drop_attributes(FileNode& node);

/// Puts the entries of a directory into another: a directory extends one of the same name, everything else replaces it.
void put_entries(FileNode& directory, const FileNode& added);

/// "2024-01-31T12:00:00.5Z". Nothing if the date or the time does not exist, or is before 1970 or after 2261.
std::optional<WallTime> parse_utc_time(const std::string& text);

}  // namespace tellina
