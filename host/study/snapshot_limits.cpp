#include "host/study/snapshot_limits.hpp"

#include <algorithm>

#include "host/limits.hpp"

namespace tellina {
namespace {

std::size_t largest_content(const FileNode& node) {
  std::size_t largest = node.content ? node.content->size() : 0;
  for (const auto& [name, child] : node.children) largest = std::max(largest, largest_content(child));
  return largest;
}

/// `prefix`: the path of the directory with "/" at its end, or empty.
void add_named(const Bytes& prefix, const FileNode& directory, std::set<Bytes>& files) {
  for (const auto& [name, child] : directory.children) {
    if (child.content) files.insert(prefix + name);
    add_named(prefix + name + "/", child, files);
  }
}

class Contents {
 public:
  explicit Contents(std::size_t largest) : m_largest(largest) {}

  void add(const FileNode& node) {
    if (node.content) {
      named += node.content->size();
    } else if (node.kind == FileKind::regular) {
      const std::uint64_t size = node.size.value_or(m_largest);
      if (size <= m_largest) any = std::min(any + static_cast<std::size_t>(size), limits::snapshot_content);
    }
    for (const auto& [name, child] : node.children) add(child);
  }

  std::size_t named = 0;
  std::size_t any = 0;

 private:
  std::size_t m_largest;
};

}  // namespace

SnapshotRequest snapshot_request_for(const FileTree& answer, const Bytes& root) {
  SnapshotRequest request;
  // A file that is larger than the answer's already differs by its size.
  request.max_content_per_file = largest_content(answer.root);
  add_named(root.empty() ? "" : root + "/", answer.root, request.content_of.emplace());
  Contents contents(request.max_content_per_file);
  contents.add(answer.root);
  const std::size_t needed = contents.named + contents.any;
  request.max_content_in_all += needed;
  request.deadline += std::chrono::milliseconds(1000 * needed / limits::snapshot_in_a_second);
  return request;
}

std::size_t memory_for(const SnapshotRequest& request) {
  const std::size_t content = std::min(request.max_content_in_all, request.max_entries * request.max_content_per_file);
  return 2 * content + request.max_entries * limits::snapshot_entry;
}

}  // namespace tellina
