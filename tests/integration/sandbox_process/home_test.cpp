/// The content of a home, what a snapshot reports of it, and its removal.

#include <gmock/gmock.h>

#include <fstream>

#include <unistd.h>

#include "process_fixture.hpp"

namespace tellina::test {
namespace {

namespace fs = std::filesystem;
using ProcessHome = ProcessTest;
using ::testing::HasSubstr;

WallTime at(std::int64_t seconds, std::int64_t nanoseconds) {
  return WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

/// A snapshot must return every attribute that an initial tree sets.
void expect_same(const FileNode& wanted, const FileNode& got, const std::string& path) {
  SCOPED_TRACE(path);
  ASSERT_EQ(got.kind, wanted.kind);
  ASSERT_TRUE(got.mode && got.modified_at && got.owner);
  EXPECT_EQ(*got.owner, "me");
  if (wanted.kind != FileKind::symlink) {
    EXPECT_EQ(*got.mode, wanted.mode.value_or(wanted.kind == FileKind::directory ? 0755U : 0644U));
  }
  if (wanted.modified_at) {
    EXPECT_EQ(*got.modified_at, *wanted.modified_at);
  }
  EXPECT_EQ(got.target, wanted.target);
  if (wanted.content) {
    EXPECT_EQ(got.content, wanted.content);
  }
  ASSERT_EQ(got.children.size(), wanted.children.size());
  for (const auto& [name, child] : wanted.children) {
    ASSERT_TRUE(got.children.contains(name)) << path << "/" << name;
    expect_same(child, got.children.at(name), path + "/" + name);
  }
}

TEST_F(ProcessHome, RoundTripsThroughASnapshot) {
  SandboxSpec spec = make_spec();
  FileNode& root = spec.initial.root;
  root.mode = 0750;
  root.modified_at = at(1'600'000'000, 5);
  root.children["bin\n\xff -rf"] = FileNode::regular(std::string("a\0b\n\xfe", 5));
  root.children[std::string(255, 'n')] = FileNode::regular("long name");
  root.children["large"] = FileNode::regular(std::string(300'000, 'x'));
  FileNode huge(FileKind::regular);
  huge.size = 5'000'000'000;
  root.children["huge"] = huge;
  root.children["link"] = FileNode::symlink("../../etc/passwd");
  root.children["link"].modified_at = at(1'000'000'000, 7);
  FileNode closed = FileNode::directory();
  closed.mode = 0500;
  closed.modified_at = at(1, 999'999'999);
  closed.children["secret"] = FileNode::regular("s");
  closed.children["secret"].mode = 04400;
  closed.children["secret"].modified_at = at(-5, 500);
  root.children["closed"] = closed;
  FileNode* deep = &root;
  for (int i = 0; i < 50; ++i) deep = &deep->children.emplace("d", FileNode::directory()).first->second;
  start_with(spec);
  const FileTree tree = snapshot();
  expect_same(spec.initial.root, tree.root, "~");
  EXPECT_FALSE(tree.truncated);
  EXPECT_FALSE(tree.raced);
  EXPECT_FALSE(tree.root.children.at("huge").content) << "over the limit of content";
  EXPECT_EQ(tree.root.children.at("huge").size, 5'000'000'000U);
}

TEST_F(ProcessHome, SnapshotNeverFollowsLinksAndNeverWaits) {
  shell().run("mkdir a; ln -s /etc etc; ln -s /etc/passwd a/l; mkfifo a/fifo; ln -s . loop; echo x > a/file");
  const FileTree tree = snapshot();
  EXPECT_EQ(tree.root.children.at("etc").kind, FileKind::symlink);
  EXPECT_TRUE(tree.root.children.at("etc").children.empty());
  EXPECT_EQ(tree.root.children.at("a").children.at("l").target, "/etc/passwd");
  EXPECT_EQ(tree.root.children.at("a").children.at("fifo").kind, FileKind::other);
  EXPECT_EQ(tree.root.children.at("a").children.at("file").content, "x\n");

  // While a directory is repeatedly exchanged for a link out of the home, nothing from outside gets into the snapshot.
  shell().run(
      "mkdir -p s/in; echo inside > s/in/passwd; ln -s /etc t; "
      "(while :; do mv -T s/in s/keep; mv -T t s/in; mv -T s/in t; mv -T s/keep s/in; done) & sleep 0");
  for (int round = 0; round < 200; ++round) {
    const FileTree racing = snapshot();
    const auto in = racing.root.children.at("s").children.find("in");
    if (in == racing.root.children.at("s").children.end()) continue;
    for (const auto& [name, node] : in->second.children) EXPECT_EQ(name, "passwd");
  }
}

TEST_F(ProcessHome, SnapshotReportsUnreadableFolders) {
  shell().run("mkdir a b; echo x > a/f; echo y > b/g; chmod 0 a b/g");
  const FileTree tree = snapshot();
  const bool may_look = geteuid() == 0;
  EXPECT_EQ(tree.truncated, !may_look);
  EXPECT_FALSE(tree.raced);
  EXPECT_EQ(tree.root.children.at("a").children.size(), may_look ? 1U : 0U);
  EXPECT_EQ(tree.root.children.at("b").children.at("g").content.has_value(), may_look);
}

TEST_F(ProcessHome, SnapshotRespectsItsLimits) {
  shell().run("mkdir d; for i in {1..50}; do echo $i > d/$i; done; mkdir -p 1/2/3/4/5; head -c 5000 /dev/zero > z");
  SnapshotRequest few;
  few.max_entries = 10;
  EXPECT_TRUE(sandbox().snapshot(few).truncated);
  SnapshotRequest shallow;
  shallow.max_depth = 2;
  FileTree tree = sandbox().snapshot(shallow);
  EXPECT_TRUE(tree.truncated);
  EXPECT_TRUE(tree.root.children.at("1").children.at("2").children.at("3").children.empty());
  SnapshotRequest small;
  small.max_content_per_file = 4999;
  tree = sandbox().snapshot(small);
  EXPECT_FALSE(tree.truncated);
  EXPECT_FALSE(tree.root.children.at("z").content);
  SnapshotRequest little;
  little.max_content_in_all = 100;
  EXPECT_TRUE(sandbox().snapshot(little).truncated);
  SnapshotRequest late;
  late.deadline = std::chrono::milliseconds(0);
  EXPECT_TRUE(sandbox().snapshot(late).truncated);
}

TEST_F(ProcessHome, IsRemovedHoweverDeepAndClosedItIs) {
  shell().run(
      "p=$(printf 'd/%.0s' {1..500}); for i in 1 2 3; do mkdir -p $p; cd -P $p 2>/dev/null; done; echo x > y; "
      "cd; mkdir -p c/d; chmod 0 c/d c; chmod 0 .");
  sandbox().destroy();
  EXPECT_EQ(homes().list(), std::set<std::string>());
}

TEST_F(ProcessHome, RemovalFollowsNoLink) {
  const HomesFolder outside;
  std::ofstream(outside.path() / "precious") << "x";
  shell().run("ln -s " + outside.path().string() + " out; mkdir d; ln -s " + outside.path().string() + " d/out");
  sandbox().destroy();
  EXPECT_EQ(outside.list(), std::set<std::string>{"precious"});
}

TEST_F(ProcessHome, OthersMayNotEnter) {
  EXPECT_EQ(fs::status(home().parent_path()).permissions(), fs::perms::owner_all);
}

TEST_F(ProcessHome, FailedStartsNamePathAndReasonAndLeaveNothing) {
  const std::set<std::string> before = homes().list();
  const std::size_t descriptors = count_descriptors();
  const auto error_of = [&](const FileNode& root, const std::string& directory = "~") -> std::string {
    SandboxSpec spec = make_spec();
    spec.initial.root = root;
    spec.working_directory = directory;
    const Processes processes = descendants(getpid());
    std::string what = "it started";
    try {
      backend()->start(spec);
    } catch (const Error& error) {
      what = error.what();
    }
    EXPECT_EQ(descendants(getpid()), processes);
    return what;
  };
  FileNode root = FileNode::directory();
  root.children["dir"] = FileNode::directory();
  root.children["dir"].children["a/b"] = FileNode::regular("");
  EXPECT_EQ(error_of(root), "initial tree: ~/dir/a/b: expected a file name");
  root.children["dir"].children.clear();
  root.children["dir"].children[".."] = FileNode::directory();
  EXPECT_EQ(error_of(root), "initial tree: ~/dir/..: expected a file name");
  root.children["dir"].children.clear();
  root.children["dir"].owner = "root";
  EXPECT_EQ(error_of(root), "initial tree: ~/dir: expected the owner \"me\", got \"root\"");
  FileNode* deep = &root.children["dir"];
  deep->owner.reset();
  for (int i = 0; i < 300; ++i) deep = &deep->children.emplace("d", FileNode::directory()).first->second;
  EXPECT_THAT(error_of(root), HasSubstr("expected at most 256 levels of directories"));
  EXPECT_THAT(error_of(FileNode::directory(), "~/nowhere"),
              ::testing::AllOf(HasSubstr("enter the working directory"), HasSubstr("nowhere"),
                               HasSubstr("No such file or directory")));
  EXPECT_EQ(homes().list(), before);
  EXPECT_EQ(count_descriptors(), descriptors);
}

}  // namespace
}  // namespace tellina::test
