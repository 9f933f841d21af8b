#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/target.hpp"
#include "host/runtime/system.hpp"
#include "plugins/sandbox_exec/home_archive.hpp"
#include "tellina/error.hpp"

namespace tellina::fuzz {
namespace {

SnapshotRequest small_request() {
  SnapshotRequest request;
  request.max_entries = 200;
  request.max_depth = 20;
  request.max_content_per_file = 10'000;
  request.max_content_in_all = 50'000;
  return request;
}

class Totals {
 public:
  std::size_t entries = 0;
  std::size_t content = 0;
};

void check(const FileNode& node, std::size_t depth, const SnapshotRequest& request, Totals& totals) {
  FUZZ_EXPECT(depth <= request.max_depth);
  FUZZ_EXPECT(node.kind == FileKind::directory || node.children.empty());
  if (node.content) {
    FUZZ_EXPECT(node.kind == FileKind::regular && node.size == node.content->size());
    FUZZ_EXPECT(node.content->size() <= request.max_content_per_file);
    totals.content += node.content->size();
  }
  for (const auto& [name, child] : node.children) {
    FUZZ_EXPECT(!name.empty() && name != "." && name != ".." && name.size() <= 255 && name.find('/') == Bytes::npos);
    FUZZ_EXPECT(child.mode && *child.mode <= 07777 && child.modified_at && child.owner && !child.owner->empty());
    ++totals.entries;
    check(child, depth + 1, request, totals);
  }
}

}  // namespace

/// The tar file of a home that a program of the sandbox `exec` sends: a home within the limits, or an error. What has
/// been read can be an initial tree, unless it has another user or kind.
FUZZ_TARGET(exec_archive) {
  static SystemClock clock;
  static const Descriptor file(memfd_create("archive", MFD_CLOEXEC));
  static const SnapshotRequest request = small_request();
  FUZZ_EXPECT(ftruncate(file.get(), 0) == 0);
  FUZZ_EXPECT(pwrite(file.get(), input.data(), input.size(), 0) == static_cast<ssize_t>(input.size()));
  const sandbox_common::Deadline deadline(clock, std::chrono::seconds(10), nullptr);
  FileTree tree;
  try {
    tree = exec_sandbox::read_archive(file.get(), request, deadline);
  } catch (const Error& error) {
    FUZZ_EXPECT(error.code() == ErrorCode::internal);
    return;
  }
  Totals totals;
  check(tree.root, 0, request, totals);
  FUZZ_EXPECT(totals.entries <= request.max_entries && totals.content <= request.max_content_in_all);
  try {
    exec_sandbox::write_archive(tree, WallTime());
  } catch (const Error& error) {
    FUZZ_EXPECT(error.code() == ErrorCode::seed_failed);
  }
}

}  // namespace tellina::fuzz
