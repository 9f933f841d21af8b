/// Reads a home while its owner may be changing it, even deliberately.
///
/// It opens every entry by name relative to an open directory, follows no link, and checks each opened file again
/// before it uses it. Opening never waits, so a FIFO causes no delay.

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "home.hpp"
#include "tellina/file_time.hpp"

namespace local_sandbox {

using tellina::FileKind;
using tellina::FileNode;
using tellina::FileTree;

namespace {

constexpr std::size_t deepest = 512;  // each level holds a descriptor and a frame of the stack
constexpr int open_flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

struct CloseDirectory {
  void operator()(DIR* stream) const { closedir(stream); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

class Reader {
 public:
  Reader(const tellina::SnapshotRequest& request, tellina::Clock& clock, const std::atomic<bool>& cancelled)
      : m_request(request),
        m_clock(clock),
        m_end(clock.now() + request.deadline),
        m_max_depth(std::min(request.max_depth, deepest)),
        m_cancelled(cancelled) {}

  FileTree read(int home) {
    struct stat status;
    if (fstat(home, &status) != 0) throw system_error("snapshot", errno);
    m_device = status.st_dev;
    m_tree.root = describe(status);
    read_directory(home, m_tree.root, 0);
    return std::move(m_tree);
  }

 private:
  /// Throws Error(gone) if nobody needs the answer any more.
  bool is_over_the_limits() const {
    if (m_cancelled) throw tellina::Error(tellina::ErrorCode::gone, "snapshot: the sandbox is being destroyed");
    return m_entries >= m_request.max_entries || m_clock.now() >= m_end;
  }

  /// Notes an entry that could not be opened: not accessible to this user, or replaced meanwhile.
  void note_unopened() { (errno == EACCES ? m_tree.truncated : m_tree.raced) = true; }

  void stop() { m_tree.truncated = m_is_stopped = true; }

  void read_directory(int directory, FileNode& node, std::size_t depth) {
    // Uses a second descriptor, because reading moves the offset.
    const int again = openat(directory, ".", open_flags | O_DIRECTORY);
    const DirectoryStream stream(again < 0 ? nullptr : fdopendir(again));
    if (!stream) {
      note_unopened();
      if (again >= 0) close(again);
      return;
    }
    while (!m_is_stopped) {
      errno = 0;
      const dirent* const entry = readdir(stream.get());
      if (entry == nullptr) {
        if (errno != 0) m_tree.raced = true;
        return;
      }
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (is_over_the_limits()) return stop();
      ++m_entries;
      read_entry(directory, name, node, depth);
    }
  }

  void read_entry(int directory, const std::string& name, FileNode& parent, std::size_t depth) {
    struct stat status;
    if (fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      m_tree.raced = true;
      return;
    }
    FileNode node = describe(status);
    bool is_read = true;
    if (node.kind == FileKind::symlink) {
      is_read = read_link(directory, name, node);
    } else if (node.kind == FileKind::regular) {
      is_read = read_file(directory, name, status, node);
    } else if (node.kind == FileKind::directory) {
      const std::string path = m_path;
      m_path += name + "/";
      const Descriptor below = open_same(directory, name, status);
      if (!below) {
        note_unopened();
      } else if (depth >= m_max_depth || status.st_dev != m_device) {
        m_tree.truncated = true;
      } else {
        read_directory(below.get(), node, depth + 1);
      }
      m_path = path;
    }
    if (is_read) parent.children.emplace(name, std::move(node));
  }

  bool read_link(int directory, const std::string& name, FileNode& node) {
    char target[PATH_MAX];
    const ssize_t length = readlinkat(directory, name.c_str(), target, sizeof target);
    if (length < 0) {
      m_tree.raced = true;
      return false;
    }
    node.target.assign(target, static_cast<std::size_t>(length));
    return true;
  }

  bool read_file(int directory, const std::string& name, const struct stat& status, FileNode& node) {
    const auto size = static_cast<std::uint64_t>(status.st_size);
    node.size = size;
    if (size > m_request.max_content_per_file) return true;
    if (m_request.content_of && !m_request.content_of->contains(m_path + name)) return true;
    if (size > m_request.max_content_in_all - m_content) {
      stop();
      return false;
    }
    const Descriptor file = open_same(directory, name, status);
    if (!file) {
      note_unopened();
      return true;
    }
    std::string content(size, '\0');
    std::size_t used = 0;
    for (ssize_t count = 1; count > 0 && used < size;) {
      count = ::read(file.get(), content.data() + used, size - used);
      if (count > 0) used += static_cast<std::size_t>(count);
    }
    char more;
    if (used < size || ::read(file.get(), &more, 1) > 0) m_tree.raced = true;
    content.resize(used);
    m_content += used;
    node.size = used;
    node.content = std::move(content);
    return true;
  }

  /// Invalid if the name cannot be opened (errno says why), or no longer refers to the same file.
  static Descriptor open_same(int directory, const std::string& name, const struct stat& status) {
    Descriptor opened(openat(directory, name.c_str(), open_flags));
    struct stat its;
    if (opened && (fstat(opened.get(), &its) != 0 || its.st_ino != status.st_ino || its.st_dev != status.st_dev ||
                   (its.st_mode & S_IFMT) != (status.st_mode & S_IFMT))) {
      opened.reset();
      errno = ESTALE;
    }
    return opened;
  }

  static FileNode describe(const struct stat& status) {
    FileNode node(S_ISDIR(status.st_mode)   ? FileKind::directory
                  : S_ISREG(status.st_mode) ? FileKind::regular
                  : S_ISLNK(status.st_mode) ? FileKind::symlink
                                            : FileKind::other);
    node.mode = status.st_mode & 07777U;
    node.modified_at = tellina::file_time(status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    node.owner = status.st_uid == geteuid() ? "me" : std::to_string(status.st_uid);
    return node;
  }

  const tellina::SnapshotRequest& m_request;
  tellina::Clock& m_clock;
  const tellina::MonotonicTime m_end;
  const std::size_t m_max_depth;
  const std::atomic<bool>& m_cancelled;
  FileTree m_tree;
  std::string m_path;  ///< of the directory that is read, below the home, with '/' at its end
  dev_t m_device = 0;
  std::size_t m_entries = 0;
  std::size_t m_content = 0;
  bool m_is_stopped = false;
};

}  // namespace

FileTree read_tree(int directory, const tellina::SnapshotRequest& request, tellina::Clock& clock,
                   const std::atomic<bool>& cancelled) {
  return Reader(request, clock, cancelled).read(directory);
}

}  // namespace local_sandbox
