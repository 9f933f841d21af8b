/// Creates an initial tree.

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "home.hpp"

namespace local_sandbox {

using tellina::Error;
using tellina::ErrorCode;
using tellina::FileKind;
using tellina::FileNode;
using Time = std::chrono::steady_clock::time_point;

namespace {

constexpr std::size_t max_depth = 256;  // each level holds a descriptor

[[noreturn]] void fail(const std::string& path, const std::string& message) {
  throw Error(ErrorCode::seed_failed, "initial tree: ~" + path + ": " + message);
}

void require(bool good, const std::string& path) {
  if (!good) throw system_error("initial tree: ~" + path, errno, {}, ErrorCode::seed_failed);
}

timespec time_of(const FileNode& node) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*node.modified_at);
  timespec time{};
  time.tv_sec = seconds.time_since_epoch().count();
  time.tv_nsec = (*node.modified_at - seconds).count();
  return time;
}

/// Sets the mode regardless of the umask.
void set_attributes(int descriptor, const FileNode& node, mode_t default_mode, const std::string& path) {
  require(fchmod(descriptor, node.mode.value_or(default_mode)) == 0, path);
  if (!node.modified_at) return;
  const timespec times[] = {time_of(node), time_of(node)};
  require(futimens(descriptor, times) == 0, path);
}

void make_file(int parent, const std::string& name, const FileNode& node, const std::string& path) {
  const Descriptor file(openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  require(static_cast<bool>(file), path);
  const std::string content = node.content.value_or("");
  for (std::size_t written = 0; written < content.size();) {
    const ssize_t count = write(file.get(), content.data() + written, content.size() - written);
    require(count >= 0, path);
    written += static_cast<std::size_t>(count);
  }
  if (!node.content) require(ftruncate(file.get(), static_cast<off_t>(node.size.value_or(0))) == 0, path);
  set_attributes(file.get(), node, 0644, path);
}

void make_link(int parent, const std::string& name, const FileNode& node, const std::string& path) {
  if (node.target.find('\0') != std::string::npos) fail(path, "expected a link's target without NUL");
  require(symlinkat(node.target.c_str(), parent, name.c_str()) == 0, path);
  if (!node.modified_at) return;
  const timespec times[] = {time_of(node), time_of(node)};
  require(utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0, path);
}

/// Sets a directory's attributes last, because its children change its time and need permissive mode bits.
void fill(int directory, const FileNode& node, const std::string& path, std::size_t depth, Time end) {
  if (depth > max_depth) fail(path, "expected at most " + std::to_string(max_depth) + " levels of directories");
  for (const auto& [name, child] : node.children) {
    const std::string child_path = path + "/" + name;
    if (std::chrono::steady_clock::now() >= end)
      throw Error(ErrorCode::timed_out, "initial tree: ~" + child_path + ": not reached in time");
    if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string("/\0", 2)) != std::string::npos) {
      fail(child_path, "expected a file name");
    }
    if (child.owner && *child.owner != "me") {
      fail(child_path, "expected the owner \"me\", got \"" + *child.owner + "\"");
    }
    if (child.kind == FileKind::regular) {
      make_file(directory, name, child, child_path);
    } else if (child.kind == FileKind::symlink) {
      make_link(directory, name, child, child_path);
    } else if (child.kind == FileKind::directory) {
      require(mkdirat(directory, name.c_str(), 0700) == 0, child_path);
      const Descriptor below(openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      require(static_cast<bool>(below), child_path);
      fill(below.get(), child, child_path, depth + 1, end);
    } else {
      fail(child_path, "expected a file, a directory or a link");
    }
  }
  set_attributes(directory, node, 0755, path);
}

}  // namespace

void seed(int directory, const FileNode& root, Time end) {
  if (root.kind != FileKind::directory) fail("", "expected a directory");
  fill(directory, root, "", 0, end);
}

}  // namespace local_sandbox
