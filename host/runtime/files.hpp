#pragma once

/// A folder for a while, and small files as a whole.

#include <filesystem>
#include <string>

namespace tellina {

/// Goes with the object, and all that is in it.
class TemporaryFolder {
 public:
  /// "tellina-NAME-XXXXXX" in $TMPDIR, else in /tmp. Throws Error(unavailable).
  explicit TemporaryFolder(const std::string& name = "test");
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return m_path; }
  std::string file(const std::string& name) const { return (m_path / name).string(); }

 private:
  std::filesystem::path m_path;
};

/// Replaces what the file held. Throws Error(unavailable).
void write_text(const std::filesystem::path& file, const std::string& text);
/// Empty where there is no such file.
std::string read_text(const std::filesystem::path& file);

}  // namespace tellina
