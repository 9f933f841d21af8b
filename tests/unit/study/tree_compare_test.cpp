#include "host/study/tree_compare.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;

FileTree tree(std::map<Bytes, FileNode> children) {
  FileTree made;
  made.root.children = std::move(children);
  return made;
}

FileNode directory(std::map<Bytes, FileNode> children) {
  FileNode node = FileNode::directory();
  node.children = std::move(children);
  return node;
}

/// The node as a snapshot has it, with every attribute.
FileNode seen(FileNode node) {
  node.mode = node.kind == FileKind::directory ? 0755 : 0644;
  node.modified_at = WallTime(1000s);
  node.owner = "me";
  for (auto& [name, child] : node.children) child = seen(std::move(child));
  return node;
}

FileTree seen(FileTree made) {
  made.root = seen(std::move(made.root));
  return made;
}

FileNode any_file() { return FileNode(FileKind::regular); }

class Counts {
 public:
  int matched = 0;
  int missing = 0;
  int extra = 0;
  int incorrect = 0;
};

void expect_counts(const Progress& progress, bool passed, Counts counts) {
  EXPECT_EQ(progress.passed, passed);
  EXPECT_EQ(progress.matched, counts.matched);
  EXPECT_EQ(progress.missing, counts.missing);
  EXPECT_EQ(progress.extra, counts.extra);
  EXPECT_EQ(progress.incorrect, counts.incorrect);
}

std::string differs(const FileNode& expected, const FileNode& actual) {
  const Progress progress = compare_trees({}, tree({{"x", expected}}), tree({{"x", actual}}));
  if (progress.passed) return "";
  EXPECT_EQ(progress.incorrect, 1);
  std::string names;
  const boost::json::value detail = boost::json::parse(progress.detail);
  for (const boost::json::value& name : detail.at(0).at("differs").as_array()) {
    names += (names.empty() ? "" : " ") + std::string(name.as_string());
  }
  return names;
}

TEST(CompareTreesTest, EqualTreesPass) {
  const FileTree expected = tree({{"a", directory({{"b", FileNode::regular("text")}, {"empty", directory({})}})},
                                  {"link", FileNode::symlink("a/b")},
                                  {"name\n\xff", any_file()}});
  FileTree actual = seen(expected);
  actual.root.children["name\n\xff"].content = "anything";
  expect_counts(compare_trees({}, expected, actual), true, {.matched = 5});
  expect_counts(compare_trees({}, {}, seen(FileTree())), true, {});
}

TEST(CompareTreesTest, CountsWhatIsMissingExtraAndIncorrect) {
  const FileTree expected = tree({{"dir", directory({{"one", any_file()}, {"two", any_file()}})},
                                  {"gone", directory({{"three", any_file()}})},
                                  {"text", FileNode::regular("right")}});
  const FileTree actual = seen(tree({{"dir", directory({{"one", any_file()}})},
                                     {"more", directory({{"four", any_file()}, {".five", any_file()}})},
                                     {"text", FileNode::regular("wrong")}}));
  const Progress progress = compare_trees({}, expected, actual);
  expect_counts(progress, false, {.matched = 2, .missing = 3, .extra = 3, .incorrect = 1});
  EXPECT_EQ(boost::json::parse(progress.detail), boost::json::parse(R"([
      {"path": "text", "status": "incorrect", "differs": ["content"]},
      {"path": "more", "status": "extra"},
      {"path": "more/.five", "status": "extra"},
      {"path": "more/four", "status": "extra"},
      {"path": "dir", "status": "matched"},
      {"path": "dir/one", "status": "matched"}])"));
  EXPECT_THAT(progress.detail, ::testing::Not(::testing::HasSubstr("gone")));
  EXPECT_THAT(progress.detail, ::testing::Not(::testing::HasSubstr("right")));
}

TEST(CompareTreesTest, AWrongKindIsIncorrectAndItsChildrenAreMissing) {
  const FileTree expected = tree({{"d", directory({{"a", any_file()}, {"b", any_file()}})}, {"f", any_file()}});
  const FileTree actual = seen(tree({{"d", FileNode::symlink("f")}, {"f", directory({{"c", any_file()}})}}));
  expect_counts(compare_trees({}, expected, actual), false, {.missing = 2, .extra = 1, .incorrect = 2});
}

TEST(CompareTreesTest, ComparesOnlyNamedAttributes) {
  const FileNode actual = seen(FileNode::regular("text"));
  EXPECT_EQ(differs(any_file(), actual), "");
  EXPECT_EQ(differs(FileNode::regular("text"), actual), "");
  EXPECT_EQ(differs(FileNode::regular("texts"), actual), "content");

  FileNode node = any_file();
  node.size = 4;
  EXPECT_EQ(differs(node, actual), "");
  node.size = 5;
  EXPECT_EQ(differs(node, actual), "size");
  node.mode = 0644;
  EXPECT_EQ(differs(node, actual), "size");
  node.mode = 0600;
  node.modified_at = WallTime(1001s);
  node.owner = "1234";
  EXPECT_EQ(differs(node, actual), "size mode modified_at owner");
  node = any_file();
  node.modified_at = WallTime(1000s);
  node.owner = "me";
  EXPECT_EQ(differs(node, actual), "");
}

TEST(CompareTreesTest, ComparesLinksAndOtherKinds) {
  const FileNode link = seen(FileNode::symlink("target"));
  EXPECT_EQ(differs(FileNode::symlink("target"), link), "");
  EXPECT_EQ(differs(FileNode::symlink("elsewhere"), link), "target");
  EXPECT_EQ(differs(any_file(), link), "kind");
  EXPECT_EQ(differs(any_file(), seen(FileNode(FileKind::other))), "kind");
  EXPECT_EQ(differs(FileNode(FileKind::other), seen(FileNode(FileKind::other))), "");
  EXPECT_EQ(differs(FileNode::directory(), link), "kind");
}

TEST(CompareTreesTest, ContentThatTheSnapshotLeftOutDiffers) {
  FileNode actual = seen(FileNode::regular("text"));
  actual.content.reset();
  EXPECT_EQ(differs(FileNode::regular("text"), actual), "content");
  EXPECT_EQ(differs(any_file(), actual), "");
}

TEST(CompareTreesTest, IgnoresUnnamedTopLevelDotEntries) {
  const FileTree expected = tree({{"a", any_file()}, {".named", any_file()}});
  const FileTree initial = tree({{"a", any_file()}, {".initial", any_file()}});
  FileTree actual = seen(tree({{"a", any_file()},
                               {".named", any_file()},
                               {".cache", directory({{"deep", any_file()}})},
                               {".bash_history", any_file()}}));
  expect_counts(compare_trees(initial, expected, actual), true, {.matched = 2});
  actual.root.children[".initial"] = seen(any_file());
  expect_counts(compare_trees(initial, expected, actual), false, {.matched = 2, .extra = 1});
}

TEST(CompareTreesTest, CountsDotEntriesFurtherDown) {
  const FileTree expected = tree({{"a", directory({})}});
  const FileTree actual = seen(tree({{"a", directory({{".b", any_file()}})}}));
  expect_counts(compare_trees({}, expected, actual), false, {.matched = 1, .extra = 1});
}

TEST(CompareTreesTest, ATruncatedSnapshotNeverPasses) {
  const FileTree expected = tree({{"a", any_file()}});
  FileTree actual = seen(expected);
  actual.truncated = true;
  expect_counts(compare_trees({}, expected, actual), false, {.matched = 1});
  FileTree nothing;
  nothing.truncated = true;
  EXPECT_FALSE(compare_trees({}, {}, nothing).passed);
}

TEST(CompareTreesTest, TheHomeItselfCountsOnlyIfNamed) {
  FileTree expected = tree({{"a", any_file()}});
  const FileTree actual = seen(expected);
  expect_counts(compare_trees({}, expected, actual), true, {.matched = 1});
  expected.root.mode = 0755;
  expect_counts(compare_trees({}, expected, actual), true, {.matched = 2});
  expected.root.mode = 0700;
  const Progress progress = compare_trees({}, expected, actual);
  expect_counts(progress, false, {.matched = 1, .incorrect = 1});
  EXPECT_EQ(boost::json::parse(progress.detail).at(0).at("path").as_string(), ".");
}

TEST(CompareTreesTest, DetailIsBoundedAndCountsAreNot) {
  FileTree actual;
  for (int i = 0; i < 5000; ++i) actual.root.children["file" + std::to_string(i)] = any_file();
  actual.root.children["wanted"] = any_file();
  const Progress progress = compare_trees({}, tree({{"wanted", any_file()}}), actual);
  expect_counts(progress, false, {.matched = 1, .extra = 5000});
  EXPECT_EQ(boost::json::parse(progress.detail).as_array().size(), 200u);
}

TEST(CompareTrees, ARangeAllowsItsBoundsAndWhatIsBetween) {
  const auto differs_in = [](const AttributeRange& range, std::uint64_t size, std::chrono::seconds time) {
    FileNode actual = seen(FileNode::regular(Bytes(size, 'x')));
    actual.modified_at = WallTime(time);
    const FileTree home = seen(tree({{"d", directory({{"f", actual}})}}));
    FileTree exact = home;
    exact.root.children.at("d").children.at("f").modified_at = WallTime(time);
    const Progress progress =
        compare_trees({}, tree({{"d", directory({{"f", any_file()}})}}), exact, "", {{"d/f", range}});
    EXPECT_EQ(progress.passed, progress.incorrect == 0);
    return progress.passed ? std::string() : std::string(progress.detail);
  };
  AttributeRange size;
  size.least_size = 3;
  size.largest_size = 5;
  for (const std::uint64_t inside : {3U, 4U, 5U}) EXPECT_EQ(differs_in(size, inside, 0s), "") << inside;
  for (const std::uint64_t outside : {2U, 6U}) {
    EXPECT_THAT(differs_in(size, outside, 0s), ::testing::HasSubstr(R"("differs":["size"])")) << outside;
  }
  AttributeRange time;
  time.earliest = WallTime(10s);
  time.latest = WallTime(20s);
  for (const auto inside : {10s, 15s, 20s}) EXPECT_EQ(differs_in(time, 1, inside), "");
  for (const auto outside : {9s, 21s}) {
    EXPECT_THAT(differs_in(time, 1, outside), ::testing::HasSubstr(R"("differs":["modified_at"])"));
  }
  AttributeRange at_least;
  at_least.least_size = 4;
  EXPECT_EQ(differs_in(at_least, 1000, 0s), "");
  EXPECT_NE(differs_in(at_least, 3, 0s), "");
  AttributeRange until;
  until.latest = WallTime(20s);
  EXPECT_EQ(differs_in(until, 0, 1s), "");
  EXPECT_NE(differs_in(until, 0, 21s), "");
}

}  // namespace
}  // namespace tellina::testing
