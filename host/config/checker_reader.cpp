#include "host/config/checker_reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <system_error>
#include <utility>

#include "host/config/read_file.hpp"
#include "host/limits.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/sha256.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

namespace fs = std::filesystem;

template <typename Enumeration>
Enumeration named(const std::string& name, std::initializer_list<Enumeration> values) {
  for (const Enumeration value : values) {
    if (name == to_string(value)) return value;
  }
  return *values.begin();
}

/// Reads a folder within limits, without following links.
class FolderReader {
 public:
  /// Throws Error, which names the file.
  FileNode read(const fs::path& path) {
    struct stat status;
    if (lstat(path.c_str(), &status) != 0) fail(path, std::generic_category().message(errno));
    if (++m_entries > limits::checker_folder_entries) {
      fail(path, "the folder has more than " + std::to_string(limits::checker_folder_entries) + " entries");
    }
    FileNode node = read_node(path, status);
    if (node.kind != FileKind::symlink) node.mode = status.st_mode & 0777;
    return node;
  }

 private:
  [[noreturn]] static void fail(const fs::path& path, const std::string& reason) {
    throw Error(ErrorCode::bad_config, path.string() + ": " + reason);
  }

  FileNode read_node(const fs::path& path, const struct stat& status) {
    if (S_ISDIR(status.st_mode)) return read_directory(path);
    if (S_ISLNK(status.st_mode)) return FileNode::symlink(fs::read_symlink(path).string());
    if (!S_ISREG(status.st_mode)) fail(path, "expected a file, a directory or a link");
    FileNode file = FileNode::regular(read_file(path.string(), limits::checker_folder_content));
    m_content += file.content->size();
    if (m_content > limits::checker_folder_content) {
      fail(path, "the folder has more than " + std::to_string(limits::checker_folder_content / 1024 / 1024) + " MiB");
    }
    return file;
  }

  FileNode read_directory(const fs::path& path) {
    FileNode directory = FileNode::directory();
    std::error_code error;
    fs::directory_iterator entries(path, error);
    if (error) fail(path, error.message());
    for (const fs::directory_entry& entry : entries) {
      directory.children.emplace(entry.path().filename().string(), read(entry.path()));
    }
    return directory;
  }

  std::size_t m_entries = 0;
  std::size_t m_content = 0;
};

/// Adds path, kind, mode and content of each entry.
void add_to_digest(const FileNode& node, const std::string& path, std::string& listing) {
  listing += path + '\0' + std::to_string(static_cast<int>(node.kind)) + '\0' + std::to_string(node.mode.value_or(0));
  listing += '\0' + (node.content ? sha256(*node.content) : node.target) + '\n';
  for (const auto& [name, child] : node.children) add_to_digest(child, path + "/" + name, listing);
}

/// Reports a folder that is no folder of a checker with its place. Returns its digest.
std::string read_folder(const Config& value, const std::string& folder, Checker& checker, Diagnostics& diagnostics) {
  const std::string& name = value.as_string();
  const auto report = [&](const std::string& reason) {
    diagnostics.add(value, "expected a folder beside " + fs::path(diagnostics.file()).filename().string() + ", got " +
                               in_quotes(name) + ": " + reason);
    return std::string();
  };
  if (name.find('\0') != std::string::npos) return report("a name contains no NUL");
  const fs::path path = (fs::path(folder) / name).lexically_normal();
  try {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error) return report(error.message());
    if (!fs::is_directory(real)) return report("it is not a folder");
    checker.folder.root = FolderReader().read(real);
    if (checker.folder.root.children.contains("session.jsonl")) {
      return report("session.jsonl is the name of the file with the commands");
    }
  } catch (const std::exception& error) {
    return report(error.what());
  }
  std::string listing;
  add_to_digest(checker.folder.root, "", listing);
  return sha256(listing);
}

}  // namespace

void read_hand_in(const Config& value, Task& task, Diagnostics& diagnostics) {
  const Config* const hand_in = value.find("hand_in");
  const Config* const tries = value.find("tries");
  task.hand_in = named(value.string_or("hand_in", to_string(HandIn::automatic)),
                       {HandIn::automatic, HandIn::button, HandIn::both});
  task.tries = static_cast<int>(value.integer_or("tries", 1));
  // A task of older versions without feedback has no hand-in.
  if (hand_in && task.feedback == Feedback::none && task.hand_in != HandIn::button) {
    diagnostics.add(*hand_in, R"(expected "button", as "feedback" is "none", got )" + describe(*hand_in));
  }
  if (!tries || task.tries == 1) return;
  const char* const reason = task.hand_in == HandIn::automatic ? R"("hand_in" is "automatic")"
                             : task.feedback == Feedback::none ? R"("feedback" is "none")"
                                                               : nullptr;
  if (reason) diagnostics.add(*tries, std::string("expected 1, as ") + reason + ", got " + describe(*tries));
}

std::string read_checker(const Config& value, const std::string& folder, Task& task, Diagnostics& diagnostics) {
  const Config& check = value.at("check");
  Checker& checker = task.checker;
  const Config& type = value.at("type");
  checker.place = type.place() + ": " + type.path();
  for (const Config& argument : check.at("run").items()) checker.arguments.push_back(argument.as_string());
  checker.when = named(check.string_or("when", to_string(CheckerRuns::each_command)),
                       {CheckerRuns::each_command, CheckerRuns::hand_in, CheckerRuns::both});
  if (const Config* limit = check.find("timeout_in_seconds")) {
    checker.time_limit = std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(limit->as_number() * 1000)));
  }
  checker.folder.root = FileNode::directory();
  if (const Config* when = check.find("when")) {
    if (checker.when != CheckerRuns::each_command && task.hand_in == HandIn::automatic) {
      diagnostics.add(*when, R"(expected "each_command", as "hand_in" is "automatic", got )" + describe(*when));
    }
    if (checker.when == CheckerRuns::hand_in && task.hand_in == HandIn::both) {
      diagnostics.add(*when, R"(expected "each_command" or "both", as "hand_in" is "both", got )" + describe(*when));
    }
  }
  const Config* const name = check.find("folder");
  return name ? read_folder(*name, folder, checker, diagnostics) : std::string();
}

}  // namespace tellina
