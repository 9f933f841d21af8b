#pragma once

/// The files behind /static/, ready to be sent.

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
  std::string etag;                         ///< with its quotes; from the content, so the same on every gateway
  std::shared_ptr<const std::string> gzip;  ///< null where compressing does not pay
  std::string gzip_etag;
};

/// The files below one folder as they were when this object was made: read, hashed and compressed by then.
///
/// Each has two addresses: its path, and its path below version(), which changes with the content of any file, so that
/// what is there never changes. Pages have the first one only; their own references "../PATH" name the second one.
///
/// Never leaves the folder: no "..", no hidden names, no symbolic link that leads out of it or to a folder.
/// Threads: any.
class StaticFiles {
 public:
  class Found {
   public:
    std::shared_ptr<const StaticFile> file;  ///< null where there is no such file
    bool never_changes = false;              ///< at this address
  };

  /// Throws Error(not_found) where `root` is no folder.
  explicit StaticFiles(const std::string& root);

  /// `path` is decoded and relative to the root ("html/index.html"). Below another version than this one there are
  /// this one's files, for a page that was loaded before the server was replaced.
  Found find(std::string_view path) const;

  /// "v-" and 16 hexadecimal digits.
  const std::string& version() const { return m_version; }

 private:
  std::string m_version;
  std::unordered_map<std::string, std::shared_ptr<const StaticFile>> m_files;  ///< by path
};

}  // namespace tellina
