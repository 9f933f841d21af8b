/// Reads a home while its owner may be changing it, even deliberately.

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>

#include "plugins/sandbox_common/home_tree.hpp"
#include "plugins/sandbox_common/tree_stream.hpp"

namespace tellina::home_tree {
namespace {

using tree_stream::Record;

constexpr int max_levels = tree_stream::max_levels;

/// Opens an entry of a directory. The entry may be anything by now; this never follows links or enters another mount.
int open_entry(int directory, const char* name, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return static_cast<int>(syscall(SYS_openat2, directory, name, &how, sizeof how));
}

std::uint64_t now_in_milliseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
}

class Reader {
 public:
  Reader(int tree, const Limits& limits, const Wanted& wanted, Cancellation cancellation, Outcome& outcome)
      : m_tree(tree), m_limits(limits), m_wanted(wanted), m_cancellation(cancellation), m_outcome(outcome) {
    m_deadline = now_in_milliseconds() + limits.deadline_in_milliseconds;
    // Each directory level holds one descriptor, and a few more are needed.
    rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    m_max_depth = limits.max_depth < max_levels - 1 ? static_cast<int>(limits.max_depth) : max_levels - 1;
    const int allowed =
        static_cast<int>(files.rlim_cur < 64 ? 0 : (files.rlim_cur > 4096 ? 4096 : files.rlim_cur) - 64);
    if (m_max_depth > allowed) m_max_depth = allowed;
  }

  int run(int home) {
    struct stat status;
    if (fstat(home, &status) != 0) return errno;
    Record root = describe(status, 0);
    emit(root, "", nullptr, 0);
    DIR* const stream = open_stream(home);
    if (stream == nullptr) return errno;
    m_levels[0] = stream;
    m_hashes[0] = home_hash;
    while (m_depth >= 0) {
      if (m_stopped)
        leave();
      else
        step();
    }
    flush();
    return m_error;
  }

 private:
  /// Uses a second descriptor, because reading moves the offset. Does not change access times.
  static DIR* open_stream(int directory) {
    int descriptor = open_entry(directory, ".", O_RDONLY | O_DIRECTORY | O_NOATIME);
    if (descriptor < 0) descriptor = open_entry(directory, ".", O_RDONLY | O_DIRECTORY);
    if (descriptor < 0) return nullptr;
    DIR* const stream = fdopendir(descriptor);
    if (stream == nullptr) close(descriptor);
    return stream;
  }

  void leave() {
    closedir(m_levels[m_depth--]);
    Record record;
    record.kind = tree_stream::up;
    emit(record, "", nullptr, 0);
  }

  void stop() {
    m_stopped = true;
    m_outcome.truncated = 1;
  }

  void step() {
    errno = 0;
    const dirent* const entry = readdir(m_levels[m_depth]);
    if (entry == nullptr) {
      if (errno != 0) m_outcome.raced = 1;
      return leave();
    }
    const char* const name = entry->d_name;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) return;
    if (m_entries == m_limits.max_entries || now_in_milliseconds() >= m_deadline || is_cancelled()) return stop();
    ++m_entries;

    // Opens a handle first, which refers to the file without opening it: opening would wait on a FIFO and wake a
    // device.
    const int directory = dirfd(m_levels[m_depth]);
    const int handle = open_entry(directory, name, O_PATH);
    struct stat status;
    if (handle < 0 || fstat(handle, &status) != 0) {
      m_outcome.raced = 1;
      if (handle >= 0) close(handle);
      return;
    }
    read_entry(directory, name, handle, status);
    close(handle);
  }

  void read_entry(int directory, const char* name, int handle, const struct stat& status) {
    Record record = describe(status, std::strlen(name));
    if (S_ISDIR(status.st_mode)) return read_directory(record, name, handle);
    if (S_ISREG(status.st_mode)) return read_file(record, directory, name, status);
    if (!S_ISLNK(status.st_mode)) return emit(record, name, nullptr, 0);
    char target[PATH_MAX];
    const ssize_t length = readlinkat(handle, "", target, sizeof target);
    if (length < 0) {
      m_outcome.raced = 1;
      return;
    }
    record.payload_length = static_cast<std::uint64_t>(length);
    emit(record, name, target, static_cast<std::size_t>(length));
  }

  void read_directory(const Record& record, const char* name, int handle) {
    emit(record, name, nullptr, 0);
    DIR* const stream = m_depth < m_max_depth ? open_stream(handle) : nullptr;
    if (stream != nullptr) {
      m_hashes[m_depth + 1] = hash_below(m_hashes[m_depth], name, record.name_length);
      m_levels[++m_depth] = stream;
      return;
    }
    if (m_depth < m_max_depth)
      m_outcome.raced = 1;
    else
      m_outcome.truncated = 1;
    Record end;
    end.kind = tree_stream::up;
    emit(end, "", nullptr, 0);
  }

  void read_file(Record record, int directory, const char* name, const struct stat& status) {
    record.flags |= tree_stream::has_size;
    record.size = static_cast<std::uint64_t>(status.st_size);
    if (record.size > m_limits.max_content_per_file || !wants(name, record.name_length)) {
      return emit(record, name, nullptr, 0);
    }
    if (record.size > m_limits.max_content_in_all - m_content) return stop();

    // Opens the file by name again, because the handle itself can't be read. The name may belong to another file by
    // now, so this compares the inode.
    int file = open_entry(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME);
    if (file < 0) file = open_entry(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat opened;
    if (file < 0 || fstat(file, &opened) != 0 || opened.st_ino != status.st_ino || !S_ISREG(opened.st_mode)) {
      m_outcome.raced = 1;
      if (file >= 0) close(file);
      return;
    }
    record.flags |= tree_stream::has_content;
    record.payload_length = record.size;
    m_content += record.size;
    emit(record, name, nullptr, 0);
    copy_content(file, record.size);
    close(file);
  }

  bool wants(const char* name, std::size_t size) const {
    if (m_wanted.are_all) return true;
    const std::uint64_t hash = hash_below(m_hashes[m_depth], name, size);
    return std::binary_search(m_wanted.paths, m_wanted.paths + m_wanted.count, hash);
  }

  /// Copies exactly `size` bytes, as the preceding record promised. If the file has become shorter, adds NUL bytes.
  void copy_content(int file, std::uint64_t size) {
    flush();
    while (size > 0) {
      const std::size_t wanted = size < sizeof m_buffer ? static_cast<std::size_t>(size) : sizeof m_buffer;
      ssize_t count = ::read(file, m_buffer, wanted);
      if (count <= 0) {
        m_outcome.raced = 1;
        std::memset(m_buffer, 0, wanted);
        count = static_cast<ssize_t>(wanted);
      }
      m_used = static_cast<std::size_t>(count);
      size -= m_used;
      flush();
    }
    char more;
    if (::read(file, &more, 1) > 0) m_outcome.raced = 1;
  }

  static Record describe(const struct stat& status, std::size_t name_length) {
    Record record;
    record.kind = S_ISDIR(status.st_mode)   ? tree_stream::directory
                  : S_ISREG(status.st_mode) ? tree_stream::regular
                  : S_ISLNK(status.st_mode) ? tree_stream::symlink
                                            : tree_stream::other;
    record.flags = tree_stream::has_mode | tree_stream::has_time;
    record.name_length = static_cast<std::uint16_t>(name_length);
    record.mode = status.st_mode & 07777U;
    record.owner = status.st_uid;
    record.modified_seconds = status.st_mtim.tv_sec;
    record.modified_nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
    return record;
  }

  void emit(const Record& record, const char* name, const char* payload, std::size_t payload_length) {
    put(&record, sizeof record);
    put(name, record.name_length);
    put(payload, payload_length);
  }

  void put(const void* data, std::size_t size) {
    if (size == 0) return;
    if (m_used + size > sizeof m_buffer) flush();
    std::memcpy(m_buffer + m_used, data, size);  // names, targets and records are all smaller than the buffer
    m_used += size;
  }

  void flush() {
    for (std::size_t written = 0; written < m_used && m_error == 0;) {
      const ssize_t count = ::write(m_tree, m_buffer + written, m_used - written);
      if (count < 0) {
        m_error = errno;
        m_stopped = true;
      } else {
        written += static_cast<std::size_t>(count);
      }
    }
    m_used = 0;
  }

  /// Whether nobody waits for the answer any more, because the sandbox has to end now.
  bool is_cancelled() const {
    pollfd watched{m_cancellation.descriptor, m_cancellation.events, 0};
    return poll(&watched, 1, 0) > 0 && (watched.revents & m_cancellation.events) != 0;
  }

  int m_tree;
  const Limits& m_limits;
  const Wanted& m_wanted;
  Cancellation m_cancellation;
  Outcome& m_outcome;
  std::uint64_t m_deadline = 0;
  std::uint64_t m_entries = 0;
  std::uint64_t m_content = 0;
  int m_max_depth = 0;
  int m_depth = 0;
  int m_error = 0;
  bool m_stopped = false;
  DIR* m_levels[max_levels];
  std::uint64_t m_hashes[max_levels];  ///< of the paths of the open directories
  std::size_t m_used = 0;
  char m_buffer[64 * 1024];
};

}  // namespace

int read(int home, int tree, const Limits& limits, const Wanted& wanted, Cancellation cancellation, Outcome& outcome) {
  Reader reader(tree, limits, wanted, cancellation, outcome);
  return reader.run(home);
}

}  // namespace tellina::home_tree
