#pragma once

/// Temporary folders, and small files that are read or written as a whole.

#include <filesystem>
#include <string>

namespace tellina {

/// A folder that is removed, with its content, by the destructor.
class TemporaryFolder {
 public:
  /// Creates "tellina-NAME-XXXXXX" in $TMPDIR, or in /tmp if that is not set. Throws Error(unavailable).
  explicit TemporaryFolder(const std::string& name = "test");
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return m_path; }
  std::string file(const std::string& name) const { return (m_path / name).string(); }

 private:
  std::filesystem::path m_path;
};

/// Replaces the content of the file. Throws Error(unavailable).
void write_text(const std::filesystem::path& file, const std::string& text);
/// Returns the content, or an empty string if there is no such file.
std::string read_text(const std::filesystem::path& file);

}  // namespace tellina
