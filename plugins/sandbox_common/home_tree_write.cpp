/// Creates an initial tree.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "plugins/sandbox_common/home_tree.hpp"
#include "plugins/sandbox_common/tree_stream.hpp"

namespace tellina::home_tree {
namespace {

using tree_stream::Record;

struct Level {
  int directory;
  Record record;
  std::size_t path_length;  // of Writer::path before this directory's children
};

class Writer {
 public:
  Writer(int home, const char* next, const char* end) : m_next(next), m_end(end) { m_levels[0] = {home, Record(), 0}; }

  /// Returns 0 or an errno.
  int run() {
    Record record;
    if (!take(record) || record.kind != tree_stream::directory || record.name_length != 0) return EPROTO;
    m_levels[0].record = record;
    while (m_depth >= 0) {
      if (!take(record)) return EPROTO;
      const int error = record.kind == tree_stream::up ? leave() : make(record);
      if (error != 0) return error;
    }
    return m_next == m_end ? 0 : EPROTO;
  }

  /// The path that failed, relative to the home.
  const char* path() const { return m_path; }

 private:
  bool take(Record& record) {
    if (static_cast<std::size_t>(m_end - m_next) < sizeof record) return false;
    std::memcpy(&record, m_next, sizeof record);
    m_next += sizeof record;
    return record.name_length <= static_cast<std::size_t>(m_end - m_next) &&
           record.payload_length <= static_cast<std::size_t>(m_end - m_next) - record.name_length;
  }

  /// Sets a directory's attributes last, because creating its children changes its time and needs permissive mode bits.
  int leave() {
    Level& level = m_levels[m_depth];
    m_path[level.path_length > 0 ? level.path_length - 1 : 0] = '\0';
    const int error = set_attributes(level.directory, level.record);
    if (m_depth > 0) close(level.directory);
    --m_depth;
    return error;
  }

  int make(const Record& record) {
    const Level& level = m_levels[m_depth];
    if (level.path_length + record.name_length + 2 > sizeof m_path || record.name_length > NAME_MAX) {
      return ENAMETOOLONG;
    }
    char name[NAME_MAX + 1];
    std::memcpy(name, m_next, record.name_length);
    name[record.name_length] = '\0';
    std::memcpy(m_path + level.path_length, name, record.name_length + 1U);
    const char* const payload = m_next + record.name_length;
    m_next = payload + record.payload_length;

    switch (record.kind) {
      case tree_stream::directory:
        return enter(name, record);
      case tree_stream::regular:
        return make_file(name, record, payload);
      case tree_stream::symlink:
        return make_link(name, record, payload);
      default:
        return EPROTO;
    }
  }

  int enter(const char* name, const Record& record) {
    if (m_depth == tree_stream::max_seed_depth) return ENAMETOOLONG;
    const int parent = m_levels[m_depth].directory;
    if (mkdirat(parent, name, 0755) != 0) return errno;
    const int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) return errno;
    const std::size_t length = m_levels[m_depth].path_length + record.name_length;
    m_path[length] = '/';
    m_levels[++m_depth] = {directory, record, length + 1};
    return 0;
  }

  int make_file(const char* name, const Record& record, const char* payload) {
    const int file =
        openat(m_levels[m_depth].directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) return errno;
    int error = 0;
    for (std::uint64_t written = 0; written < record.payload_length && error == 0;) {
      const ssize_t count = ::write(file, payload + written, record.payload_length - written);
      if (count < 0)
        error = errno;
      else
        written += static_cast<std::uint64_t>(count);
    }
    if (error == 0 && (record.flags & tree_stream::has_content) == 0 && record.size > 0) {
      // Allocates blocks if the disk has enough space. Otherwise the file is a hole, which reads the same.
      const auto size = static_cast<off_t>(record.size);
      if (fallocate(file, 0, 0, size) != 0 && ftruncate(file, size) != 0) error = errno;
    }
    if (error == 0) error = set_attributes(file, record);
    close(file);
    return error;
  }

  int make_link(const char* name, const Record& record, const char* payload) {
    char target[PATH_MAX];
    if (record.payload_length >= sizeof target) return ENAMETOOLONG;
    std::memcpy(target, payload, record.payload_length);
    target[record.payload_length] = '\0';
    const int parent = m_levels[m_depth].directory;
    if (symlinkat(target, parent, name) != 0) return errno;
    if ((record.flags & tree_stream::has_time) == 0) return 0;
    const timespec times[] = {time_of(record), time_of(record)};
    return utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
  }

  static timespec time_of(const Record& record) {
    timespec time{};
    time.tv_sec = record.modified_seconds;
    time.tv_nsec = record.modified_nanoseconds;
    return time;
  }

  static int set_attributes(int descriptor, const Record& record) {
    if ((record.flags & tree_stream::has_mode) != 0 && fchmod(descriptor, record.mode) != 0) return errno;
    if ((record.flags & tree_stream::has_time) != 0) {
      const timespec times[] = {time_of(record), time_of(record)};
      if (futimens(descriptor, times) != 0) return errno;
    }
    return 0;
  }

  const char* m_next;
  const char* m_end;
  int m_depth = 0;
  Level m_levels[tree_stream::max_seed_depth + 1];
  char m_path[PATH_MAX] = "";
};

}  // namespace

int write(int home, int tree, char* what, std::size_t what_size) {
  struct stat status;
  if (fstat(tree, &status) != 0) return errno;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const records = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, tree, 0);
  if (records == MAP_FAILED) return errno;
  const char* const begin = static_cast<const char*>(records);
  Writer writer(home, begin, begin + size);
  const int error = writer.run();
  const std::size_t length = strnlen(writer.path(), what_size - 1);
  std::memcpy(what, writer.path(), length);
  what[length] = '\0';
  munmap(records, size);
  return error;
}

}  // namespace tellina::home_tree
