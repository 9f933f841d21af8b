#include "host/server/shell_files.hpp"

#include <filesystem>

#include "host/config/read_file.hpp"
#include "host/limits.hpp"
#include "host/plugins/search_path.hpp"

namespace tellina {

std::map<std::string, Bytes> read_shell_files() {
  const std::filesystem::path prefix = program_folder().parent_path();
  std::map<std::string, Bytes> files;
  for (const char* file :
       {"share/tellina/shell/bashrc", "share/tellina/shell/bash.bashrc", "libexec/tellina/shell_marks.so"}) {
    const std::filesystem::path path = prefix / file;
    if (std::filesystem::exists(path)) files[path.filename()] = read_file(path, limits::served_file);
  }
  return files;
}

}  // namespace tellina
