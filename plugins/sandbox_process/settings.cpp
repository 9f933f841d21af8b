#include "plugins/sandbox_process/settings.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

namespace tellina::process_sandbox {
namespace {

namespace fs = std::filesystem;

/// The folder above lib/tellina/plugins/, which contains this plugin.
fs::path find_prefix() {
  Dl_info info;
  if (dladdr(settings_schema, &info) == 0 || info.dli_fname == nullptr) return ".";
  std::error_code ignored;
  return fs::weakly_canonical(info.dli_fname, ignored).parent_path().parent_path().parent_path().parent_path();
}

/// The host checks the section against the schema. This check is for plugins that are created in another way.
void require_consent(const Config& config) {
  const Config* const known = config.find("i_know_this_is_not_isolated");
  const std::string expected =
      "the process sandbox isolates nothing, participants can do whatever this user can: expected "
      "\"i_know_this_is_not_isolated\": true, got ";
  if (!known) config.fail(expected + "none");
  if (!known->as_bool()) known->fail(expected + "false");
}

/// Resolves a path in the configuration relative to the configuration's folder.
std::string find_directory(const Config& config) {
  if (const Config* const given = config.find("directory")) {
    return fs::absolute(fs::path(given->file()).parent_path() / given->as_string()).lexically_normal();
  }
  const char* const temporary = std::getenv("TMPDIR");
  return temporary && *temporary == '/' ? temporary : "/tmp";
}

}  // namespace

Settings::Settings(const Config& config) {
  require_consent(config);
  directory = find_directory(config);
  const fs::path prefix = find_prefix();
  supervisor = prefix / "libexec/tellina/sandbox_supervisor";
  bashrc = prefix / "share/tellina/shell/bashrc";
}

}  // namespace tellina::process_sandbox
