#include "plugins/sandbox_exec/settings.hpp"

#include <filesystem>

#include "plugins/sandbox_common/settings.hpp"

namespace tellina::exec_sandbox {

namespace fs = std::filesystem;

Settings::Settings(const Config& config) {
  const Config& words = config.at("command");
  for (const Config& word : words.items()) {
    command.push_back(word.as_string());
    if (command.back().find('\0') != std::string::npos) word.fail("expected a word without NUL, got one with it");
  }
  if (command.empty() || command.front().empty()) words.fail("expected a program and its arguments, got none");
  // A value that was built in a program has no file: then it is the current folder.
  folder = fs::absolute("." / fs::path(config.file()).parent_path()).lexically_normal();
  if (command.front().find('/') != std::string::npos) {
    command.front() = (fs::path(folder) / command.front()).lexically_normal();
  }
  if (const Config* own = config.find("settings")) {
    own->members();  // throws unless it is an object
    settings = *own;
  }
  const fs::path prefix = sandbox_common::find_prefix();
  supervisor = prefix / "libexec/tellina/exec_supervisor";
  shell_folder = prefix / "share/tellina/shell";
  shell_marks = prefix / "libexec/tellina/shell_marks.so";
}

}  // namespace tellina::exec_sandbox
