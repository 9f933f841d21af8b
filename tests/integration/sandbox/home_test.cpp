/// The content of a home, and what a snapshot reports of it.

#include <algorithm>

#include "sandbox_fixture.hpp"
#include "variant.hpp"

namespace tellina::test {
namespace {

using CoreHome = SandboxTest;

WallTime at(std::int64_t seconds, std::int64_t nanoseconds) {
  return WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

/// A snapshot must return every attribute that an initial tree sets.
void expect_same(const FileNode& wanted, const FileNode& got, const std::string& path) {
  SCOPED_TRACE(path);
  ASSERT_EQ(got.kind, wanted.kind);
  ASSERT_TRUE(got.mode && got.modified_at && got.owner);
  EXPECT_EQ(*got.owner, "me");
  if (wanted.mode) {
    EXPECT_EQ(*got.mode, *wanted.mode);
  } else if (wanted.kind != FileKind::symlink) {
    EXPECT_EQ(*got.mode, wanted.kind == FileKind::directory ? 0755U : 0644U);
  }
  if (wanted.modified_at) {
    EXPECT_EQ(*got.modified_at, *wanted.modified_at);
  }
  EXPECT_EQ(got.target, wanted.target);
  if (wanted.content) {
    EXPECT_EQ(got.content, wanted.content);
  }
  if (wanted.kind == FileKind::regular) {
    EXPECT_EQ(got.size, wanted.size);
  }
  ASSERT_EQ(got.children.size(), wanted.children.size());
  for (const auto& [name, child] : wanted.children) {
    ASSERT_TRUE(got.children.contains(name)) << path << "/" << name;
    expect_same(child, got.children.at(name), path + "/" + name);
  }
}

SandboxSpec make_varied_spec() {
  SandboxSpec spec = make_spec();
  FileNode& root = spec.initial.root;
  root.mode = 0750;
  root.modified_at = at(1'600'000'000, 5);
  root.children["empty"] = FileNode::regular("");
  root.children["bin\n\xff -rf"] = FileNode::regular(std::string("a\0b\n\xfe", 5));
  root.children[std::string(255, 'n')] = FileNode::regular("long name");
  root.children["large"] = FileNode::regular(std::string(300'000, 'x'));
  FileNode sized(FileKind::regular);
  sized.size = 123'456;
  sized.mode = 0600;
  root.children["sized"] = sized;
  FileNode huge(FileKind::regular);
  huge.size = 5'000'000'000;
  root.children["huge"] = huge;
  root.children["link"] = FileNode::symlink("../../etc/passwd");
  root.children["link"].modified_at = at(1'000'000'000, 7);
  root.children["dangling"] = FileNode::symlink("nowhere \xff");
  FileNode closed = FileNode::directory();
  closed.mode = 0;
  closed.modified_at = at(1, 999'999'999);
  closed.children["secret"] = FileNode::regular("s");
  closed.children["secret"].mode = 04000;
  closed.children["secret"].modified_at = at(-5, 500);
  root.children["closed"] = closed;
  FileNode* deep = &root;
  for (int i = 0; i < 50; ++i) deep = &deep->children.emplace("d", FileNode::directory()).first->second;
  return spec;
}

TEST_F(CoreHome, RoundTripsThroughASnapshot) {
  const SandboxSpec spec = make_varied_spec();
  start(spec);
  const FileTree tree = snapshot();
  expect_same(spec.initial.root, tree.root, "~");
  EXPECT_FALSE(tree.truncated);
  EXPECT_FALSE(tree.raced);
  EXPECT_EQ(tree.root.children.at("sized").content, std::string(123'456, '\0'));
  EXPECT_FALSE(tree.root.children.at("huge").content) << "over the limit of content";
  EXPECT_EQ(tree.root.children.at("huge").size, 5'000'000'000U);
  EXPECT_EQ(shell().run("stat -c '%a %s' sized; cat closed/secret").output,
            "600 123456\ncat: closed/secret: Permission denied\n");
}

TEST_F(CoreHome, SnapshotShowsTheParticipantsChanges) {
  shell().run(
      "umask 022; mkdir -p a/b; echo hi > a/b/c; ln -s /etc/passwd a/l; mkfifo a/fifo; chmod 600 a/b/c; cd a; "
      "touch -d @1500000000 b/c");
  const FileTree tree = snapshot();
  const FileNode& a = tree.root.children.at("a");
  EXPECT_EQ(a.children.at("b").children.at("c").content, "hi\n");
  EXPECT_EQ(a.children.at("b").children.at("c").mode, 0600U);
  EXPECT_EQ(a.children.at("b").children.at("c").modified_at, at(1'500'000'000, 0));
  EXPECT_EQ(a.children.at("l").kind, FileKind::symlink);
  EXPECT_EQ(a.children.at("l").target, "/etc/passwd");
  EXPECT_EQ(a.children.at("fifo").kind, FileKind::other);
}

std::size_t count_entries(const FileNode& node) {
  std::size_t count = node.children.size();
  for (const auto& [name, child] : node.children) count += count_entries(child);
  return count;
}

TEST_F(CoreHome, SnapshotHasAsManyEntriesAsAllowedAndNoMore) {
  shell().run("mkdir d; for i in {1..20}; do : > d/$i; done");
  SnapshotRequest request;
  request.max_entries = count_entries(snapshot().root);
  EXPECT_FALSE(sandbox().snapshot(request).truncated);
  --request.max_entries;
  const FileTree less = sandbox().snapshot(request);
  EXPECT_TRUE(less.truncated);
  EXPECT_EQ(count_entries(less.root), request.max_entries);
}

TEST_F(CoreHome, SnapshotRespectsItsLimits) {
  shell().run("mkdir d; for i in {1..50}; do echo $i > d/$i; done; mkdir -p 1/2/3/4/5; head -c 5000 /dev/zero > z");
  SnapshotRequest few;
  few.max_entries = 10;
  FileTree tree = sandbox().snapshot(few);
  EXPECT_TRUE(tree.truncated);

  SnapshotRequest shallow;
  shallow.max_depth = 2;
  tree = sandbox().snapshot(shallow);
  EXPECT_TRUE(tree.truncated);
  EXPECT_TRUE(tree.root.children.at("1").children.at("2").children.at("3").children.empty());

  SnapshotRequest small;
  small.max_content_per_file = 4999;
  tree = sandbox().snapshot(small);
  EXPECT_FALSE(tree.truncated);
  EXPECT_FALSE(tree.root.children.at("z").content);
  EXPECT_EQ(tree.root.children.at("z").size, 5000U);

  SnapshotRequest little;
  little.max_content_in_all = 100;
  EXPECT_TRUE(sandbox().snapshot(little).truncated);

  SnapshotRequest late;
  late.deadline = std::chrono::milliseconds(0);
  EXPECT_TRUE(sandbox().snapshot(late).truncated);
}

class CoreBadHome : public ::testing::Test {
 protected:
  /// The error text of a start with this tree; checks that nothing is left.
  std::string fail_to_start(const FileNode& root, ErrorCode code, const std::string& working_directory = "~") {
    SandboxSpec spec = make_spec();
    spec.initial.root = root;
    spec.working_directory = working_directory;
    const Processes before = variant::sandbox_processes(getpid());
    std::string what = "it started";
    try {
      m_backend->start(spec);
    } catch (const Error& error) {
      what = error.what();
      EXPECT_EQ(error.code(), code) << what;
    }
    EXPECT_EQ(variant::sandbox_processes(getpid()), before);
    EXPECT_EQ(variant::leftovers_of(spec.owner), std::vector<std::string>());
    return what;
  }

  Backend m_backend{{{"disk_in_mib", std::int64_t{1}}}};
};

TEST_F(CoreBadHome, NamesPathAndReason) {
  fail_to_start(FileNode(FileKind::regular),
                ErrorCode::seed_failed);  // after this, the plugin has everything that it creates only once
  const std::size_t descriptors = count_descriptors();
  FileNode root = FileNode::directory();
  root.children["dir"] = FileNode::directory();
  root.children["dir"].children["big"] = FileNode::regular(std::string(2'000'000, 'x'));
  EXPECT_EQ(fail_to_start(root, ErrorCode::seed_failed), "initial tree: ~/dir/big: No space left on device");

  root.children["dir"].children.clear();
  root.children["dir"].children["a/b"] = FileNode::regular("");
  EXPECT_NE(fail_to_start(root, ErrorCode::seed_failed).find("~/dir/a/b: expected a file name"), std::string::npos);
  root.children["dir"].children.clear();
  root.children["dir"].children[".."] = FileNode::directory();
  EXPECT_NE(fail_to_start(root, ErrorCode::seed_failed).find("~/dir/..: expected a file name"), std::string::npos);
  root.children["dir"].children.clear();
  root.children["dir"].owner = "root";
  EXPECT_NE(fail_to_start(root, ErrorCode::seed_failed).find("~/dir: expected the owner \"me\", got \"root\""),
            std::string::npos);

  EXPECT_EQ(fail_to_start(FileNode::directory(), ErrorCode::not_found, "~/nowhere"),
            "start the shell: enter the working directory /home/me/nowhere: No such file or directory");
  EXPECT_EQ(count_descriptors(), descriptors);
}

TEST_F(CoreBadHome, RefusesTooDeepTrees) {
  FileNode root = FileNode::directory();
  FileNode* deep = &root;
  for (int i = 0; i < 300; ++i) deep = &deep->children.emplace("d", FileNode::directory()).first->second;
  EXPECT_NE(fail_to_start(root, ErrorCode::seed_failed).find("at most 256 nested directories"), std::string::npos);
}

}  // namespace
}  // namespace tellina::test
