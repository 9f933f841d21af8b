#include "plugins/sandbox_exec/home_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "plugins/sandbox_common/tree_stream.hpp"
#include "tellina/error.hpp"
#include "tellina/file_time.hpp"

namespace tellina::exec_sandbox {

using sandbox_common::Deadline;
using sandbox_common::system_error;

namespace {

/// Names of attributes in pax headers, each after "SCHILY.xattr.". No file of a participant can have them, because the
/// kernel knows no such namespace.
constexpr std::string_view mark_of_size = "tellina.size";             ///< the size; the content is left out
constexpr std::string_view mark_of_truncation = "tellina.truncated";  ///< of the home: a limit was reached
constexpr std::string_view mark_of_race = "tellina.raced";            ///< of the home: something changed meanwhile

/// libarchive converts names to the encoding of the thread's locale; this locale leaves UTF-8 unchanged.
class Utf8Locale {
 public:
  Utf8Locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8) m_previous = uselocale(utf8);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (m_previous) uselocale(m_previous);
  }

 private:
  locale_t m_previous = nullptr;
};

struct Deleter {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

std::string error_text(archive* from) {
  const char* const text = archive_error_string(from);
  return text != nullptr ? text : "no reason given";
}

bool is_file_name(BytesView name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= NAME_MAX &&
         name.find_first_of(std::string_view("/\0", 2)) == BytesView::npos;
}

class ArchiveWriter {
 public:
  ArchiveWriter(int file, WallTime now) : m_now(now), m_archive(archive_write_new(), archive_write_free) {
    if (!m_archive) throw Error(ErrorCode::busy, "initial tree: no memory");
    expect_good(archive_write_set_format_pax(m_archive.get()));
    // Names are octets; without this, only UTF-8 would arrive unchanged.
    expect_good(archive_write_set_format_option(m_archive.get(), "pax", "hdrcharset", "BINARY"));
    expect_good(archive_write_open_fd(m_archive.get(), file));
  }

  void write(const FileNode& root) {
    if (root.kind != FileKind::directory) refuse("expected a directory as the home, got something else");
    add("./", root);
    add_children(root, 1);
    expect_good(archive_write_close(m_archive.get()));
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::seed_failed, "initial tree: ~/" + m_path + ": " + why);
  }
  void expect_good(int result) const {
    if (result >= ARCHIVE_WARN) return;
    throw Error(ErrorCode::internal, "initial tree: ~/" + m_path + ": " + error_text(m_archive.get()));
  }

  void add_children(const FileNode& directory, int depth) {
    if (depth > tree_stream::max_seed_depth) {
      refuse("expected at most " + std::to_string(tree_stream::max_seed_depth) + " nested directories");
    }
    const std::size_t length = m_path.size();
    for (const auto& [name, child] : directory.children) {
      m_path += (length > 0 ? "/" : "") + name;
      if (!is_file_name(name)) {
        refuse("expected a file name, 1 to 255 bytes without \"/\" and NUL, neither \".\" nor \"..\"");
      }
      add("./" + m_path, child);
      if (child.kind == FileKind::directory) add_children(child, depth + 1);
      m_path.resize(length);
    }
  }

  void add(const std::string& name, const FileNode& node) {
    if (node.owner && *node.owner != "me") {
      refuse("expected the owner \"me\", got \"" + *node.owner + "\": this sandbox has no other user");
    }
    const std::unique_ptr<archive_entry, Deleter> entry(archive_entry_new());
    if (!entry) throw Error(ErrorCode::busy, "initial tree: no memory");
    archive_entry_set_pathname(entry.get(), name.c_str());
    const auto since = node.modified_at.value_or(m_now).time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    archive_entry_set_mtime(entry.get(), seconds.count(), static_cast<long>((since - seconds).count()));
    BytesView content;
    switch (node.kind) {
      case FileKind::directory:
        set_mode(*entry, AE_IFDIR, node.mode.value_or(0755));
        break;
      case FileKind::regular:
        set_mode(*entry, AE_IFREG, node.mode.value_or(0644));
        set_size(*entry, node);
        if (node.content) content = *node.content;
        break;
      case FileKind::symlink:
        if (node.target.empty() || node.target.size() >= PATH_MAX || node.target.find('\0') != std::string::npos) {
          refuse("expected a link's target of 1 to " + std::to_string(PATH_MAX - 1) + " bytes without NUL, got " +
                 std::to_string(node.target.size()) + " bytes");
        }
        set_mode(*entry, AE_IFLNK, 0777);
        archive_entry_set_symlink(entry.get(), node.target.c_str());
        break;
      case FileKind::other:
        refuse("expected a directory, a file or a link");
    }
    expect_good(archive_write_header(m_archive.get(), entry.get()));
    // libarchive writes the map of a file with a hole before the first octet, and the missing octets at its end.
    if (node.kind == FileKind::regular && !node.content && node.size.value_or(0) > 0) content = BytesView("\0", 1);
    while (!content.empty()) {
      const la_ssize_t count = archive_write_data(m_archive.get(), content.data(), content.size());
      if (count <= 0) throw Error(ErrorCode::busy, "initial tree: ~/" + m_path + ": " + error_text(m_archive.get()));
      content.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  static void set_mode(archive_entry& entry, unsigned int type, std::uint32_t mode) {
    archive_entry_set_filetype(&entry, type);
    archive_entry_set_perm(&entry, static_cast<mode_t>(mode & 07777U));
  }

  void set_size(archive_entry& entry, const FileNode& node) const {
    const std::uint64_t size = node.content ? node.content->size() : node.size.value_or(0);
    if (size > static_cast<std::uint64_t>(LLONG_MAX)) refuse("expected a size below 2^63 bytes");
    archive_entry_set_size(&entry, static_cast<la_int64_t>(size));
    // A hole up to the last byte, which libarchive adds: it writes no file that is all hole.
    if (!node.content && size > 0) archive_entry_sparse_add_entry(&entry, static_cast<la_int64_t>(size) - 1, 1);
  }

  const WallTime m_now;
  const std::unique_ptr<archive, int (*)(archive*)> m_archive;
  std::string m_path;
};

class ArchiveReader {
 public:
  ArchiveReader(int file, const SnapshotRequest& request, const Deadline& deadline)
      : m_file(file),
        m_request(request),
        m_deadline(deadline),
        m_max_depth(std::min(request.max_depth, tree_stream::max_levels)),
        m_archive(archive_read_new(), archive_read_free) {
    struct stat status {};
    if (fstat(file, &status) != 0) throw system_error("read a snapshot", errno);
    m_is_regular = S_ISREG(status.st_mode);
    if (!m_is_regular && !S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode)) {
      fail("expected a file or a pipe, got another descriptor");
    }
    if (!m_is_regular) fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK);
    if (!m_archive) throw Error(ErrorCode::busy, "read a snapshot: no memory");
    archive_read_support_format_tar(m_archive.get());
    archive_read_support_format_gnutar(m_archive.get());
  }

  FileTree read() {
    if (archive_read_open(m_archive.get(), this, nullptr, &ArchiveReader::next_octets, nullptr) != ARCHIVE_OK) {
      if (stops()) return std::move(m_tree);
      fail_as_libarchive_says();
    }
    for (;;) {
      archive_entry* entry = nullptr;
      const int result = archive_read_next_header(m_archive.get(), &entry);
      if (stops()) break;
      if (result == ARCHIVE_EOF) {
        if (m_zeros < tar_block) fail("it ends too early");
        break;
      }
      if (result < ARCHIVE_WARN) fail_as_libarchive_says();
      if (!add(*entry)) break;
    }
    if (!m_has_home) fail("expected the home itself, \"./\", as the first entry, got none");
    return std::move(m_tree);
  }

 private:
  static constexpr std::size_t tar_block = 512;  ///< bytes; an archive ends with such blocks of zeros

  [[noreturn]] static void fail(const std::string& why) {
    throw Error(ErrorCode::internal, "snapshot: it is not the archive of a home: " + why);
  }
  [[noreturn]] void fail_as_libarchive_says() const { fail(error_text(m_archive.get())); }

  /// For libarchive, through which no exception may pass.
  static la_ssize_t next_octets(archive* from, void* self, const void** octets) {
    ArchiveReader& reader = *static_cast<ArchiveReader*>(self);
    try {
      *octets = reader.m_buffer.data();
      const ssize_t size = reader.read_octets();
      if (size < 0) archive_set_error(from, ETIMEDOUT, "the deadline has passed");
      return size < 0 ? ARCHIVE_FATAL : size;
    } catch (...) {
      reader.m_failure = std::current_exception();
      archive_set_error(from, EIO, "the archive cannot be read");
      return ARCHIVE_FATAL;
    }
  }

  /// Returns -1 when the deadline has passed, and 0 at the end.
  ssize_t read_octets() {
    for (;;) {
      if (m_deadline.left().count() == 0) {
        m_is_late = true;
        return -1;
      }
      const ssize_t size = m_is_regular ? pread(m_file, m_buffer.data(), m_buffer.size(), m_offset)
                                        : ::read(m_file, m_buffer.data(), m_buffer.size());
      if (size >= 0) {
        m_offset += size;
        count_zeros({m_buffer.data(), static_cast<std::size_t>(size)});
        return size;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) throw system_error("read a snapshot", errno);
      try {
        m_deadline.wait_readable(m_file, "read a snapshot");
      } catch (const Error& error) {
        if (error.code() != ErrorCode::timed_out) throw;
        m_is_late = true;
        return -1;
      }
    }
  }

  void count_zeros(BytesView octets) {
    const std::size_t last = octets.find_last_not_of('\0');
    m_zeros = last == BytesView::npos ? m_zeros + octets.size() : octets.size() - last - 1;
  }

  /// Whether to return what has arrived. Throws what reading threw.
  bool stops() {
    if (m_failure) std::rethrow_exception(m_failure);
    if (!m_is_late) return false;
    if (!m_has_home) throw Error(ErrorCode::timed_out, "snapshot: no archive in time");
    m_tree.truncated = true;
    return true;
  }

  /// Returns false to stop, because a limit is reached.
  bool add(archive_entry& entry) {
    const char* const name = archive_entry_pathname(&entry);
    if (name == nullptr) fail("an entry has no name");
    const std::vector<BytesView> parts = split(name);
    const Marks marks = read_marks(entry);
    if (!m_has_home && (!parts.empty() || archive_entry_filetype(&entry) != AE_IFDIR)) {
      fail("expected the home itself, \"./\", as the first entry, got another");
    }
    if (parts.empty()) {
      if (!m_has_home) m_me = archive_entry_uid(&entry);
      m_has_home = true;
      set_attributes(m_tree.root, entry);
      m_tree.truncated |= marks.truncated;
      m_tree.raced |= marks.raced;
      return true;
    }
    if (parts.size() > m_max_depth) {
      m_tree.truncated = true;
      return count_entry();
    }
    FileNode* const place = make_place(parts);
    if (place == nullptr) return !m_tree.truncated;
    if (archive_entry_hardlink(&entry) != nullptr) return add_hard_link(*place, entry);
    const bool is_directory = archive_entry_filetype(&entry) == AE_IFDIR;
    if (!is_directory || place->kind != FileKind::directory) *place = FileNode();
    set_attributes(*place, entry);
    switch (archive_entry_filetype(&entry)) {
      case AE_IFDIR:
        return true;
      case AE_IFREG:
        place->kind = FileKind::regular;
        return add_content(*place, entry, marks);
      case AE_IFLNK:
        place->kind = FileKind::symlink;
        if (const char* const target = archive_entry_symlink(&entry)) place->target = target;
        if (place->target.size() >= PATH_MAX) fail("a link has a target of more than 4095 bytes");
        return true;
      default:
        place->kind = FileKind::other;
        return true;
    }
  }

  struct Marks {
    std::optional<std::uint64_t> size;
    bool truncated = false;
    bool raced = false;
  };

  static Marks read_marks(archive_entry& entry) {
    Marks marks;
    archive_entry_xattr_reset(&entry);
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t length = 0;
    while (archive_entry_xattr_next(&entry, &name, &value, &length) == ARCHIVE_OK) {
      if (name == mark_of_truncation) marks.truncated = true;
      if (name == mark_of_race) marks.raced = true;
      if (name != mark_of_size) continue;
      std::uint64_t size = 0;
      const char* const first = static_cast<const char*>(value);
      const auto [end, error] = std::from_chars(first, first + length, size);
      if (error != std::errc() || end != first + length) fail("expected a size in the mark of a file left out");
      marks.size = size;
    }
    return marks;
  }

  static std::vector<BytesView> split(BytesView name) {
    if (name.starts_with('/')) fail("an entry has an absolute name");
    std::vector<BytesView> parts;
    for (std::size_t start = 0; start < name.size();) {
      const std::size_t end = std::min(name.find('/', start), name.size());
      const BytesView part = name.substr(start, end - start);
      start = end + 1;
      if (part.empty() || part == ".") continue;
      if (part == "..") fail("an entry leads out of the home");
      if (part.size() > NAME_MAX) fail("an entry has a name of more than 255 bytes");
      parts.push_back(part);
    }
    return parts;
  }

  bool count_entry() {
    if (++m_entries <= m_request.max_entries) return true;
    m_tree.truncated = true;
    return false;
  }

  void set_attributes(FileNode& node, archive_entry& entry) const {
    node.mode = static_cast<std::uint32_t>(archive_entry_perm(&entry)) & 07777U;
    node.modified_at = file_time(archive_entry_mtime(&entry), archive_entry_mtime_nsec(&entry));
    const la_int64_t owner = archive_entry_uid(&entry);
    node.owner = owner == m_me ? "me" : std::to_string(owner);
  }

  /// The node of an entry, new or not. Adds directories that the archive does not list. Null if a limit is reached, or
  /// if a parent is not a directory.
  FileNode* make_place(const std::vector<BytesView>& parts) {
    FileNode* node = &m_tree.root;
    for (const BytesView part : parts) {
      if (node->kind != FileKind::directory) {
        // While the archive was written, something else took the directory's place.
        m_tree.raced = true;
        count_entry();
        return nullptr;
      }
      const auto [found, is_new] = node->children.try_emplace(Bytes(part));
      if (is_new && !count_entry()) {
        node->children.erase(found);
        return nullptr;
      }
      node = &found->second;
      if (!is_new) continue;
      node->mode = 0755;
      node->modified_at = WallTime();
      node->owner = "me";
    }
    return node;
  }

  bool add_hard_link(FileNode& place, archive_entry& entry) {
    const FileNode* node = &m_tree.root;
    for (const BytesView part : split(archive_entry_hardlink(&entry))) {
      const auto found = node->children.find(Bytes(part));
      node = found == node->children.end() ? nullptr : &found->second;
      if (node == nullptr) break;
    }
    if (node == nullptr || node->kind != FileKind::regular) {
      m_tree.raced = true;
      place = FileNode(FileKind::other);
      set_attributes(place, entry);
      return true;
    }
    if (node == &place) return true;
    if (node->content && !take_content(node->content->size())) return false;
    FileNode copy = *node;
    place = std::move(copy);
    return true;
  }

  bool take_content(std::uint64_t size) {
    if (size > m_request.max_content_in_all - m_content) {
      m_tree.truncated = true;
      return false;
    }
    m_content += size;
    return true;
  }

  bool add_content(FileNode& node, archive_entry& entry, const Marks& marks) {
    const la_int64_t stated = archive_entry_size(&entry);
    node.size = marks.size.value_or(stated < 0 ? 0 : static_cast<std::uint64_t>(stated));
    if (*node.size > m_request.max_content_per_file) return true;
    if (marks.size && *marks.size > 0) {
      m_tree.truncated = true;
      return true;
    }
    if (!take_content(*node.size)) return false;
    Bytes content(static_cast<std::size_t>(*node.size), '\0');
    std::size_t length = 0;
    while (length < content.size()) {
      const la_ssize_t count = archive_read_data(m_archive.get(), content.data() + length, content.size() - length);
      if (stops()) return false;
      if (count < 0) fail_as_libarchive_says();
      if (count == 0) break;
      length += static_cast<std::size_t>(count);
    }
    node.content = std::move(content);
    return true;
  }

  const int m_file;
  const SnapshotRequest& m_request;
  const Deadline& m_deadline;
  const std::size_t m_max_depth;
  const std::unique_ptr<archive, int (*)(archive*)> m_archive;
  bool m_is_regular = false;
  off_t m_offset = 0;
  std::size_t m_zeros = 0;
  std::array<char, 64 * 1024> m_buffer;
  std::exception_ptr m_failure;
  bool m_is_late = false;
  bool m_has_home = false;
  la_int64_t m_me = 0;
  std::size_t m_entries = 0;
  std::size_t m_content = 0;
  FileTree m_tree;
};

}  // namespace

Descriptor write_archive(const FileTree& tree, WallTime now) {
  Descriptor file(memfd_create("initial_home", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) throw system_error("make a memory file", errno);
  ArchiveWriter(file.get(), now).write(tree.root);
  if (lseek(file.get(), 0, SEEK_SET) != 0 ||
      fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    throw system_error("seal a memory file", errno);
  }
  return file;
}

FileTree read_archive(int file, const SnapshotRequest& request, const Deadline& deadline) {
  const Utf8Locale locale;
  return ArchiveReader(file, request, deadline).read();
}

}  // namespace tellina::exec_sandbox
