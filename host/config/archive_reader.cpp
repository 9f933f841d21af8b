#include "host/config/archive_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <sys/stat.h>

#include <functional>

#include "host/config/read_file.hpp"
#include "host/limits.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/sha256.hpp"
#include "tellina/error.hpp"
#include "tellina/file_time.hpp"

namespace tellina {
namespace {

/// libarchive converts names to the encoding of the thread's locale; this locale leaves UTF-8 unchanged.
class Utf8Locale {
 public:
  Utf8Locale() : m_locale(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (m_locale) m_previous = uselocale(m_locale);
  }
  ~Utf8Locale() {
    if (!m_locale) return;
    uselocale(m_previous);
    freelocale(m_locale);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t m_locale;
  locale_t m_previous = nullptr;
};

/// The most parts of a member's name, because the destructor of a tree recurses. The limit for the depth of a home is
/// checked later.
constexpr std::size_t max_levels = 1024;

class TarReader {
 public:
  TarReader(const std::string& file, const Bytes& bytes, std::size_t max_entries, std::uint64_t max_bytes)
      : m_file(file),
        m_max_entries(max_entries),
        m_max_bytes(max_bytes),
        m_archive(archive_read_new(), archive_read_free) {
    if (!m_archive) fail("libarchive has no memory");
    archive_read_support_format_tar(m_archive.get());
    archive_read_support_format_gnutar(m_archive.get());
    for (const auto& support :
         {archive_read_support_filter_none, archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
          archive_read_support_filter_xz, archive_read_support_filter_lzma, archive_read_support_filter_zstd,
          archive_read_support_filter_lz4, archive_read_support_filter_compress}) {
      support(m_archive.get());
    }
    if (archive_read_open_memory(m_archive.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
      fail_with_libarchive_error();
  }

  FileNode read() {
    archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = archive_read_next_header(m_archive.get(), &entry)) != ARCHIVE_EOF) {
      if (result < ARCHIVE_WARN) fail_with_libarchive_error();
      add(entry);
    }
    return std::move(m_root);
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::bad_config, "cannot use " + m_file + ": " + reason);
  }
  [[noreturn]] void fail_with_libarchive_error() const { fail("expected a tar file, got: " + error_text()); }
  std::string error_text() const {
    const char* text = archive_error_string(m_archive.get());
    return text ? text : "nothing that libarchive understands";
  }

  void add(archive_entry* entry) {
    const char* raw_name = archive_entry_pathname(entry);
    if (!raw_name) raw_name = archive_entry_pathname_utf8(entry);
    if (!raw_name) fail("a member's name can't be decoded");
    const std::vector<Bytes> parts = split(raw_name);
    if (parts.empty()) return;
    if (++m_entries > m_max_entries) fail("it has more than " + std::to_string(m_max_entries) + " members");

    FileNode node = node_of(entry, raw_name);
    FileNode& place = place_of(parts, raw_name);
    const bool is_directory = node.kind == FileKind::directory;
    if (place.kind == FileKind::directory && !place.children.empty()) {
      if (!is_directory) fail("the member " + in_quotes(raw_name) + " replaces a directory");
      node.children = std::move(place.children);
    }
    place = std::move(node);
  }

  std::vector<Bytes> split(const Bytes& name) const {
    if (name.starts_with('/')) fail("the member " + in_quotes(name) + " has an absolute name");
    std::vector<Bytes> parts;
    for (std::size_t start = 0; start < name.size();) {
      const std::size_t end = std::min(name.find('/', start), name.size());
      const Bytes part = name.substr(start, end - start);
      if (part == "..") fail("the member " + in_quotes(name) + " leads out of the archive");
      if (!part.empty() && part != ".") parts.push_back(part);
      start = end + 1;
    }
    if (parts.size() > max_levels) {
      fail("the member " + in_quotes(name.substr(0, 100)) + "... is below more than " + std::to_string(max_levels) +
           " directories");
    }
    return parts;
  }

  /// Adds the parent directories that the archive does not list.
  FileNode& place_of(const std::vector<Bytes>& parts, const Bytes& name) {
    FileNode* node = &m_root;
    for (const Bytes& part : parts) {
      if (node->kind != FileKind::directory)
        fail("the member " + in_quotes(name) + " is below something that is not a directory");
      node = &node->children[part];
    }
    return *node;
  }

  FileNode node_of(archive_entry* entry, const Bytes& name) {
    if (const char* target = archive_entry_hardlink(entry)) return hard_link(name, target);
    FileNode node;
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR:
        break;
      case AE_IFREG:
        node = FileNode::regular(content(name));
        break;
      case AE_IFLNK: {
        const char* target = archive_entry_symlink(entry);
        if (!target) target = archive_entry_symlink_utf8(entry);
        if (!target || !*target) fail("the symbolic link " + in_quotes(name) + " has no target");
        node = FileNode::symlink(target);
        return node;
      }
      default:
        fail("the member " + in_quotes(name) + " is not a file, a directory or a link");
    }
    node.mode = archive_entry_perm(entry) & 07777U;
    if (archive_entry_mtime_is_set(entry)) {
      node.modified_at = file_time(archive_entry_mtime(entry), archive_entry_mtime_nsec(entry));
    }
    return node;
  }

  FileNode hard_link(const Bytes& name, const Bytes& target) {
    const FileNode* node = &m_root;
    for (const Bytes& part : split(target)) {
      const auto found = node->children.find(part);
      if (found == node->children.end())
        fail("the hard link " + in_quotes(name) + " is to " + in_quotes(target) + ", which does not come before it");
      node = &found->second;
    }
    if (node->kind != FileKind::regular)
      fail("the hard link " + in_quotes(name) + " is to " + in_quotes(target) + ", which is not a file");
    count(node->content->size());
    return *node;
  }

  Bytes content(const Bytes& name) {
    Bytes bytes;
    Bytes buffer(64 * 1024, '\0');
    while (true) {
      const la_ssize_t size = archive_read_data(m_archive.get(), buffer.data(), buffer.size());
      if (size < 0) fail("the content of " + in_quotes(name) + " can't be read: " + error_text());
      if (size == 0) return bytes;
      count(static_cast<std::uint64_t>(size));
      bytes.append(buffer, 0, static_cast<std::size_t>(size));
    }
  }

  void count(std::uint64_t bytes) {
    m_bytes += bytes;
    if (m_bytes > m_max_bytes) fail("it has more than " + std::to_string(m_max_bytes) + " bytes of content");
  }

  const std::string& m_file;
  const std::size_t m_max_entries;
  const std::uint64_t m_max_bytes;
  std::unique_ptr<archive, std::function<void(archive*)>> m_archive;
  FileNode m_root;
  std::size_t m_entries = 0;
  std::uint64_t m_bytes = 0;
};

}  // namespace

Archive read_archive(const std::string& file, std::size_t max_entries, std::uint64_t max_bytes) {
  const Bytes bytes = read_file(file, limits::archive_file);
  const Utf8Locale locale;
  Archive result;
  result.root = TarReader(file, bytes, max_entries, max_bytes).read();
  result.digest = sha256(bytes);
  return result;
}

}  // namespace tellina
