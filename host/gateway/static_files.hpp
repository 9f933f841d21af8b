#pragma once

/// The files behind /static/, ready to be sent.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tellina {

/// One version of one file. Immutable.
class StaticFile {
 public:
  StaticFile() = default;
  std::string_view content_type;
  std::shared_ptr<const std::string> content;
  std::string etag;                         ///< with its quotes; from the content, so the same on every gateway
  std::shared_ptr<const std::string> gzip;  ///< null where compressing does not pay
  std::string gzip_etag;
};

/// Reads files below one folder and keeps them in memory until they change (modification time or size).
///
/// Never leaves the folder: no "..", no hidden names, no symbolic link that leads out of it.
/// Threads: any.
class StaticFiles {
 public:
  /// Files larger than this are not served; all cached ones together are at most four times as large.
  static constexpr std::uint64_t max_file_bytes = 16 * 1024 * 1024;

  /// Throws Error(not_found) where `root` is no folder.
  explicit StaticFiles(const std::string& root);

  /// `path` is decoded and relative to the root ("html/index.html"). Null where there is no such file.
  std::shared_ptr<const StaticFile> find(const std::string& path);

 private:
  class Version {
   public:
    Version() = default;
    Version(std::filesystem::file_time_type modified_, std::uint64_t size_) : modified(modified_), size(size_) {}
    bool operator==(const Version&) const = default;
    std::filesystem::file_time_type modified{};
    std::uint64_t size = 0;
  };
  class Cached {
   public:
    Version version;
    std::shared_ptr<const StaticFile> file;
  };

  void remember(const std::string& path, const Version& version, const std::shared_ptr<const StaticFile>& file);

  std::filesystem::path m_root;  ///< canonical
  std::mutex m_mutex;
  std::unordered_map<std::string, Cached> m_cache;
  std::uint64_t m_cached_bytes = 0;
};

}  // namespace tellina
