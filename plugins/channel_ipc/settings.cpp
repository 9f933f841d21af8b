#include "settings.hpp"

#include <unistd.h>

#include <filesystem>

#include "folder.hpp"
#include "tellina/text.hpp"

namespace tellina::ipc {
namespace {

/// The config file's path without symbolic links, "." and ".."; the working folder's if the section comes from no file.
std::string config_place(const Config& section) {
  std::error_code failed;
  const std::filesystem::path file =
      section.file().empty() ? std::filesystem::path(".") : std::filesystem::path(section.file());
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(file, failed);
  return failed ? file.string() : canonical.string();
}

std::string absolute_directory(const Config& section, const Config& directory) {
  std::filesystem::path path = directory.as_string();
  if (path.empty()) directory.fail("expected the path of a folder, got \"\"");
  if (path.is_relative()) {
    path = std::filesystem::absolute(std::filesystem::path(section.file()).parent_path() / path);
  }
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  if (text.size() > longest_directory) {
    directory.fail("expected a folder with a path of at most " + std::to_string(longest_directory) + " bytes, got " +
                   std::to_string(text.size()) + " (\"" + text + "\"): the sockets in it would have paths over the " +
                   std::to_string(longest_socket_path) + " bytes that the kernel accepts");
  }
  return text;
}

}  // namespace

Settings read_settings(const Config& section) {
  Settings settings;
  if (const Config* capacity = section.find("capacity")) {
    if (capacity->as_integer() < 1) capacity->fail("expected at least 1 message, got " + capacity->describe());
    settings.capacity = static_cast<std::size_t>(capacity->as_integer());
  }
  if (const Config* directory = section.find("directory")) {
    settings.directory = absolute_directory(section, *directory);
  } else {
    settings.base = choose_base("/tmp/tellina-" + std::to_string(::geteuid()), ::geteuid());
    settings.directory = settings.base + "/" + to_text(Fnv1a().add(config_place(section)).value());
  }
  return settings;
}

}  // namespace tellina::ipc
