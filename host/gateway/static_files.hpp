#pragma once

/// The files below /static/, ready to send.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tellina {

/// One file. Immutable.
class StaticFile {
 public:
  StaticFile() = default;
  std::string_view content_type;
  std::shared_ptr<const std::string> content;
  std::string etag;  ///< with its quotes; made from the content, so that every gateway has the same
  std::shared_ptr<const std::string> gzip;  ///< null if compression saves too little
  std::string gzip_etag;
};

/// The files of one folder. The constructor reads, hashes and compresses them.
///
/// Each file has two addresses: its path, and its path below version(). The version changes with the content of any
/// file, so the content at a versioned address never changes. Pages have only the first address; the constructor
/// changes their references "../PATH" to the second.
///
/// Serves nothing outside the folder: no "..", no hidden names, no symbolic link that points out of it or to a folder.
/// Threads: any.
class StaticFiles {
 public:
  class Found {
   public:
    std::shared_ptr<const StaticFile> file;  ///< null if there is no such file
    bool never_changes = false;              ///< at this address
  };

  /// Throws Error(not_found) if `root` is not a folder.
  explicit StaticFiles(const std::string& root);

  /// `path` is decoded and relative to the root ("html/index.html"). An address with another version finds the files of
  /// this version, for pages that were loaded before the server was replaced.
  Found find(std::string_view path) const;

  /// The page "html/index.html" for the address "join" above these files' folder "static"; null if there is none.
  std::shared_ptr<const StaticFile> join_page() const { return m_join_page; }

  /// "v-" and 16 hexadecimal digits.
  const std::string& version() const { return m_version; }

 private:
  std::string m_version;
  std::shared_ptr<const StaticFile> m_join_page;
  std::unordered_map<std::string, std::shared_ptr<const StaticFile>> m_files;  ///< by path
};

}  // namespace tellina
