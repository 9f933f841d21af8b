#include "host/runtime/files.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tellina/error.hpp"

namespace tellina {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder(const std::string& name) {
  std::error_code none;
  const fs::path base = fs::temp_directory_path(none);
  std::string path = (base / ("tellina-" + name + "-XXXXXX")).string();
  if (none || !::mkdtemp(path.data())) {
    throw Error(ErrorCode::unavailable,
                "cannot create the temporary folder " + path + ": " + (none ? none.message() : std::strerror(errno)),
                "make /tmp writable, or name another folder in TMPDIR");
  }
  m_path = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(m_path, ignored);
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  if (!stream.flush()) throw Error(ErrorCode::unavailable, file.string() + " cannot be written");
}

std::string read_text(const fs::path& file) {
  const std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace tellina
