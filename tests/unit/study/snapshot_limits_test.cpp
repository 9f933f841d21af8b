#include "host/study/snapshot_limits.hpp"

#include <gtest/gtest.h>

#include "host/limits.hpp"

namespace tellina {
namespace {

constexpr std::size_t mib = 1024 * 1024;

FileTree tree_of(std::map<Bytes, FileNode> files) {
  FileTree tree;
  tree.root.children["folder"].children = std::move(files);
  return tree;
}

TEST(SnapshotLimits, AFileWhoseContentTheAnswerNamesIsReadWhole) {
  const SnapshotRequest request = snapshot_request_for(
      tree_of({{"large", FileNode::regular(Bytes(mib + 1, 'x'))}, {"small", FileNode::regular("y")}}));
  EXPECT_EQ(request.max_content_per_file, mib + 1);
  EXPECT_EQ(request.max_content_in_all, 64 * mib + mib + 2);
}

TEST(SnapshotLimits, ContentThatNobodyComparesIsNotRead) {
  FileNode sized(FileKind::regular);
  sized.size = 100 * mib;
  const SnapshotRequest request = snapshot_request_for(tree_of({{"any", FileNode(FileKind::regular)}, {"n", sized}}));
  EXPECT_EQ(request.max_content_per_file, 0U);
  ASSERT_TRUE(request.content_of);
  EXPECT_TRUE(request.content_of->empty());
  EXPECT_EQ(request.max_content_in_all, 64 * mib);
  EXPECT_EQ(request.deadline, SnapshotRequest().deadline);
}

TEST(SnapshotLimits, AHomeThatEqualsALargeAnswerIsReadCompletelyAndGetsMoreTime) {
  std::map<Bytes, FileNode> files;
  for (int i = 0; i < 70; ++i) files["named" + std::to_string(i)] = FileNode::regular(Bytes(mib, 'x'));
  for (int i = 0; i < 30; ++i) files["any" + std::to_string(i)] = FileNode(FileKind::regular);
  const SnapshotRequest request = snapshot_request_for(tree_of(std::move(files)));
  EXPECT_EQ(request.max_content_in_all, (64 + 70 + 30) * mib);
  EXPECT_GT(request.deadline, SnapshotRequest().deadline + std::chrono::seconds(1));
}

TEST(SnapshotLimits, FilesOfAnyContentRaiseTheLimitOnlySoFar) {
  std::map<Bytes, FileNode> files;
  files["named"] = FileNode::regular(Bytes(mib, 'x'));
  for (int i = 0; i < 1000; ++i) files["any" + std::to_string(i)] = FileNode(FileKind::regular);
  EXPECT_EQ(snapshot_request_for(tree_of(std::move(files))).max_content_in_all, (64 + 1 + 256) * mib);
}

TEST(SnapshotLimits, ACheckOfSmallFilesNeedsLittleMemory) {
  const std::size_t entries = SnapshotRequest().max_entries;
  const std::size_t names = entries * limits::snapshot_entry;
  EXPECT_EQ(memory_for(snapshot_request_for(tree_of({{"small", FileNode::regular("yes\n")}}))),
            2 * entries * 4 + names);
  const FileTree large = tree_of({{"large", FileNode::regular(Bytes(mib, 'x'))}});
  EXPECT_EQ(memory_for(snapshot_request_for(large)), 2 * (64 + 1) * mib + names);
}

}  // namespace
}  // namespace tellina
