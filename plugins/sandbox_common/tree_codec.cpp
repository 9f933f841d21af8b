#include "plugins/sandbox_common/tree_codec.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <functional>
#include <vector>

#include "plugins/sandbox_common/deadline.hpp"
#include "plugins/sandbox_common/tree_stream.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"
#include "tellina/file_time.hpp"
#include "tellina/text.hpp"

namespace tellina::sandbox_common {
namespace {

using tree_stream::Record;

class Encoder {
 public:
  explicit Encoder(int file) : m_file(file) {}

  void encode(const FileNode& root) {
    if (root.kind != FileKind::directory) refuse("expected a directory as the home, got something else");
    add("", root);
    flush();
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::seed_failed, "initial tree: ~/" + m_path + ": " + why);
  }

  void add(const Bytes& name, const FileNode& node) {
    Record record;
    record.name_length = static_cast<std::uint16_t>(name.size());
    if (node.owner && *node.owner != "me" && *node.owner != std::to_string(init_protocol::sandbox_user)) {
      refuse("expected the owner \"me\", got \"" + *node.owner + "\": this sandbox has no other user");
    }
    if (node.mode) {
      record.flags |= tree_stream::has_mode;
      record.mode = *node.mode & 07777U;
    }
    if (node.modified_at) {
      record.flags |= tree_stream::has_time;
      const auto since = node.modified_at->time_since_epoch();
      const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
      record.modified_seconds = seconds.count();
      record.modified_nanoseconds = static_cast<std::uint32_t>((since - seconds).count());
    }
    switch (node.kind) {
      case FileKind::directory:
        return add_directory(record, name, node);
      case FileKind::regular: {
        record.kind = tree_stream::regular;
        if (node.content) record.flags |= tree_stream::has_content;
        record.size = node.size.value_or(0);
        if (record.size > static_cast<std::uint64_t>(LLONG_MAX)) refuse("expected a size below 2^63 bytes");
        return put(record, name, node.content ? BytesView(*node.content) : BytesView());
      }
      case FileKind::symlink:
        record.kind = tree_stream::symlink;
        if (node.target.empty()) refuse("expected a link's target, got an empty text");
        return put(record, name, node.target);
      case FileKind::other:
        refuse("expected a directory, a file or a link");
    }
  }

  void add_directory(Record& record, const Bytes& name, const FileNode& node) {
    record.kind = tree_stream::directory;
    put(record, name, {});
    if (++m_depth > tree_stream::max_seed_depth) {
      refuse("expected at most " + std::to_string(tree_stream::max_seed_depth) + " nested directories");
    }
    const std::size_t length = m_path.size();
    for (const auto& [child_name, child] : node.children) {
      m_path += (length > 0 ? "/" : "") + child_name;
      if (child_name.empty() || child_name == "." || child_name == ".." || child_name.size() > NAME_MAX ||
          child_name.find_first_of(std::string("/\0", 2)) != Bytes::npos) {
        refuse("expected a file name, 1 to 255 bytes without \"/\" and NUL, neither \".\" nor \"..\"");
      }
      add(child_name, child);
      m_path.resize(length);
    }
    --m_depth;
    Record end;
    end.kind = tree_stream::up;
    put(end, {}, {});
  }

  void put(Record& record, const Bytes& name, BytesView payload) {
    record.payload_length = payload.size();
    m_buffer.append(reinterpret_cast<const char*>(&record), sizeof record);
    m_buffer += name;
    m_buffer += payload;
    if (m_buffer.size() > 1024 * 1024) flush();
  }

  void flush() {
    write_file(m_file, m_buffer.data(), m_buffer.size());
    m_buffer.clear();
  }

  int m_file;
  int m_depth = 0;
  std::string m_path;
  std::string m_buffer;
};

/// A file mapped into memory for reading.
class Mapping {
 public:
  explicit Mapping(int file) {
    struct stat status;
    if (fstat(file, &status) != 0) throw system_error("read a snapshot", errno);
    m_size = static_cast<std::size_t>(status.st_size);
    if (m_size == 0) return;
    m_data = mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (m_data == MAP_FAILED) throw system_error("read a snapshot", errno);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (m_size > 0) munmap(m_data, m_size);
  }
  BytesView bytes() const { return {static_cast<const char*>(m_data), m_size}; }

 private:
  void* m_data = nullptr;
  std::size_t m_size = 0;
};

class Decoder {
 public:
  explicit Decoder(BytesView bytes) : m_rest(bytes) {}

  FileNode decode() {
    FileNode root;
    std::vector<FileNode*> levels;
    do {
      Record record;
      std::memcpy(&record, take(sizeof record).data(), sizeof record);
      // The participant can't change the owner of the home, so that owner is the participant, whatever the user mapping
      // is.
      if (levels.empty()) m_me = record.owner;
      if (record.kind == tree_stream::up) {
        if (levels.empty()) throw Error(ErrorCode::internal, "snapshot: the records begin with an end");
        levels.pop_back();
        continue;
      }
      const Bytes name(take(record.name_length));
      FileNode node = read_node(record, take(record.payload_length));
      if (levels.empty()) {
        root = std::move(node);
        levels.push_back(&root);
        continue;
      }
      const auto place = levels.back()->children.insert_or_assign(name, std::move(node)).first;
      if (record.kind != tree_stream::directory) continue;
      // A tree is destroyed level by level on the stack.
      if (levels.size() > tree_stream::max_levels) throw Error(ErrorCode::internal, "snapshot: too many levels");
      levels.push_back(&place->second);
    } while (!levels.empty());
    return root;
  }

 private:
  BytesView take(std::uint64_t size) {
    if (size > m_rest.size()) throw Error(ErrorCode::internal, "snapshot: the records end too early");
    const BytesView piece = m_rest.substr(0, size);
    m_rest.remove_prefix(size);
    return piece;
  }

  FileNode read_node(const Record& record, BytesView payload) const {
    FileNode node;
    node.kind = record.kind == tree_stream::directory ? FileKind::directory
                : record.kind == tree_stream::regular ? FileKind::regular
                : record.kind == tree_stream::symlink ? FileKind::symlink
                                                      : FileKind::other;
    node.mode = record.mode;
    node.modified_at = file_time(record.modified_seconds, record.modified_nanoseconds);
    node.owner = record.owner == m_me ? "me" : std::to_string(record.owner);
    if ((record.flags & tree_stream::has_size) != 0) node.size = record.size;
    if ((record.flags & tree_stream::has_content) != 0) node.content = Bytes(payload);
    if (node.kind == FileKind::symlink) node.target = Bytes(payload);
    return node;
  }

  BytesView m_rest;
  std::uint32_t m_me = 0;
};

}  // namespace

Descriptor make_memory_file(const char* name) {
  Descriptor file(memfd_create(name, MFD_CLOEXEC));
  if (!file) throw system_error(std::string("make the memory file ") + name, errno);
  return file;
}

void write_file(int file, const void* data, std::size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t count = ::write(file, next, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("write a memory file", errno);
    next += count;
    size -= static_cast<std::size_t>(count);
  }
}

Descriptor encode_tree(const FileTree& tree) {
  Descriptor file = make_memory_file("initial_tree");
  Encoder(file.get()).encode(tree.root);
  return file;
}

Bytes name_content(int file) {
  const Mapping mapping(file);
  return hexadecimal(std::hash<BytesView>()(mapping.bytes()), 16) + "-" + hexadecimal(mapping.bytes().size());
}

FileTree decode_tree(int file) {
  const Mapping mapping(file);
  FileTree tree;
  tree.root = Decoder(mapping.bytes()).decode();
  return tree;
}

}  // namespace tellina::sandbox_common
