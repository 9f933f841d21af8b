#include "host/study/tree_listing.hpp"

#include <gmock/gmock.h>

#include "host/limits.hpp"
#include "host/text/sha256.hpp"
#include "tellina/error.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

/// As a snapshot has it.
FileNode node(FileNode made, std::int64_t changed_at = 1000, std::uint32_t mode = 0644) {
  made.mode = mode;
  made.owner = "me";
  made.modified_at = WallTime(seconds(changed_at));
  return made;
}

FileTree home(std::map<Bytes, FileNode> children) {
  FileTree tree;
  tree.root = node(FileNode::directory(), 1000, 0755);
  tree.root.children = std::move(children);
  return tree;
}

/// Names and targets that a participant may choose to confuse a reader.
FileTree hostile_home() {
  FileNode folder = node(FileNode::directory(), 1, 0755);
  folder.children["\n[\"forged\"]"] = node(FileNode::regular(Bytes("a\0b\n", 4)));
  folder.children["\xff\xfe"] = node(FileNode::regular(""), 1, 07777);
  folder.children["100%41"] = node(FileNode::regular("%"), 2);
  folder.children["100A"] = node(FileNode::regular("A"), 2);
  folder.children[R"("],["\)"] = node(FileNode::symlink("\x1b]0;title\a\"\\/.."), 3, 0777);
  folder.children["\xc3\xa9"] = node(FileNode(FileKind::other), 4);
  FileNode early = node(FileNode::regular("x"));
  early.modified_at = WallTime(std::chrono::nanoseconds(-1));
  return home({{"d", folder}, {"d-", early}, {"d.x", node(FileNode::regular("y"), 9'000'000'000)}});
}

std::string digest(const FileTree& tree) { return sha256(list_tree(tree, {}, nullptr).text()); }

ListedContents all_contents(const FileTree& tree) {
  auto known = std::make_shared<std::map<std::string, Bytes>>();
  const std::function<void(const FileNode&)> add = [&](const FileNode& at) {
    if (at.content) known->emplace(sha256(*at.content), *at.content);
    for (const auto& [name, child] : at.children) add(child);
  };
  add(tree.root);
  ListedContents contents;
  contents.is_needed = [](const Bytes&) { return true; };
  contents.find = [known](const std::string& hash) {
    const auto found = known->find(hash);
    return found == known->end() ? std::nullopt : std::optional(found->second);
  };
  return contents;
}

TEST(TreeListingTest, HasALineForEachEntryInTheOrderOfNames) {
  FileNode folder = node(FileNode::directory(), 2000, 0755);
  folder.children["x"] = node(FileNode::regular("abc"), 1001, 0600);
  const FileTree tree = home({{"a", folder}, {"a-b", node(FileNode::symlink("a/x"), 5, 0777)}});
  EXPECT_EQ(list_tree(tree, {{"a", WallTime(seconds(2000))}}, nullptr).text(),
            "[\".\",\"directory\",\"0755\",\"me\",null,\"1970-01-01T00:16:40Z\",null]\n"
            "[\"a\",\"directory\",\"0755\",\"me\",null,null,null]\n"
            "[\"a-b\",\"link\",\"0777\",\"me\",null,\"1970-01-01T00:00:05Z\",\"a/x\"]\n"
            "[\"a/x\",\"file\",\"0600\",\"me\",3,\"1970-01-01T00:16:41Z\","
            "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"]\n");
}

TEST(TreeListingTest, NamesCannotForgeAnEntry) {
  const std::string text = list_tree(hostile_home(), {}, nullptr).text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  for (const char letter : text) EXPECT_TRUE(letter == '\n' || (letter >= 0x20 && letter <= 0x7e)) << int{letter};
  EXPECT_THAT(text, HasSubstr(R"(["d/%0A[\"forged\"]",)"));
  EXPECT_THAT(text, HasSubstr(R"(["d/100%2541",)"));
  EXPECT_THAT(text,
              HasSubstr(R"(["d/\"],[\"\\","link","0777","me",null,"1970-01-01T00:00:03Z","%1B]0;title%07\"\\/.."])"));
  EXPECT_THAT(text, HasSubstr(R"(["d-","file","0644","me",1,"1969-12-31T23:59:59.999999999Z",)"));
}

TEST(TreeListingTest, IsReadAsItWasWritten) {
  const FileTree tree = hostile_home();
  const TreeListing listing = list_tree(tree, start_times_of(tree), nullptr);
  EXPECT_EQ(parse_listing(listing.text()).entries, listing.entries);
  const FileTree again = tree_of(parse_listing(list_tree(tree, {}, nullptr).text()), all_contents(tree), {}, {});
  EXPECT_EQ(list_tree(again, {}, nullptr).text(), list_tree(tree, {}, nullptr).text());
  EXPECT_EQ(again.root.children.at("d").children.at("\n[\"forged\"]").content, Bytes("a\0b\n", 4));
  EXPECT_EQ(again.root.children.at("d").children.at(R"("],["\)").target, "\x1b]0;title\a\"\\/..");
}

TEST(TreeListingTest, EqualHomesHaveEqualDigestsInAllSandboxes) {
  const auto listed = [](std::int64_t start) {
    const FileTree at_start = home({{"a", node(FileNode::regular("1"), start)}});
    FileTree later = home({{"a", node(FileNode::regular("1"), start)}, {"b", node(FileNode::regular("2"), 77)}});
    later.root.modified_at = at_start.root.modified_at;
    return list_tree(later, start_times_of(at_start), nullptr).text();
  };
  EXPECT_EQ(listed(5), listed(6));
  EXPECT_NE(digest(home({{"a", node(FileNode::regular("1"), 5)}})),
            digest(home({{"a", node(FileNode::regular("1"), 6)}})));
}

TEST(TreeListingTest, EachAttributeChangesTheDigest) {
  const FileTree before = home({{"a", node(FileNode::regular("1"))}, {"l", node(FileNode::symlink("a"))}});
  const std::function<void(FileTree&)> changes[] = {
      [](FileTree& tree) { tree.root.children["a"].content = "2"; },
      [](FileTree& tree) { tree.root.children["a"].mode = 0600; },
      [](FileTree& tree) { tree.root.children["a"].owner = "0"; },
      [](FileTree& tree) { tree.root.children["a"].modified_at = WallTime(std::chrono::nanoseconds(1)); },
      [](FileTree& tree) { tree.root.children["l"].target = "b"; },
      [](FileTree& tree) { tree.root.children["b"] = node(FileNode::regular("")); },
      [](FileTree& tree) { tree.root.children.erase("l"); },
      [](FileTree& tree) { tree.root.mode = 0700; },
  };
  for (const auto& change : changes) {
    FileTree after = before;
    change(after);
    EXPECT_NE(digest(after), digest(before));
    // The changes lead from one to the other.
    TreeListing listing = list_tree(before, {}, nullptr);
    const TreeListing target = list_tree(after, {}, nullptr);
    apply_changes(listing, listed_changes(listing, target).json);
    EXPECT_EQ(listing.text(), target.text());
  }
}

TEST(TreeListingTest, ChangesHaveWhatIsNewInFullAndWhatIsGoneByName) {
  const TreeListing before =
      list_tree(home({{"gone", node(FileNode::regular("1"))}, {"same", node(FileNode::regular("2"))}}), {}, nullptr);
  const TreeListing after =
      list_tree(home({{"new", node(FileNode(FileKind::other))}, {"same", node(FileNode::regular("2"))}}), {}, nullptr);
  const ListedChanges changes = listed_changes(before, after);
  EXPECT_EQ(changes.json, R"([["gone"],)"
                          "\n"
                          R"(["new","other","0644","me",null,"1970-01-01T00:16:40Z",null]])");
  EXPECT_EQ(changes.count, 2);
  EXPECT_EQ(listed_changes(after, after).json, "[]");
  FileTree touched = home({});
  touched.root.modified_at = WallTime(seconds(3));
  EXPECT_EQ(listed_changes(list_tree(home({}), {}, nullptr), list_tree(touched, {}, nullptr)).count, 0)
      << "the home itself is not counted";
}

TEST(TreeListingTest, AContentThatWasNotReadIsTheLastOneOfAnUnchangedFile) {
  const TreeListing before = list_tree(home({{"a", node(FileNode::regular("1"))}}), {}, nullptr);
  FileNode unread = node(FileNode(FileKind::regular));
  unread.size = 1;
  EXPECT_EQ(list_tree(home({{"a", unread}}), {}, &before).text(), before.text());
  EXPECT_EQ(list_tree(home({{"a", unread}}), {}, nullptr).entries.at("a").content, "");
  unread.modified_at = WallTime(seconds(1001));
  EXPECT_EQ(list_tree(home({{"a", unread}}), {}, &before).entries.at("a").content, "");
}

TEST(TreeListingTest, StopsAtItsLimit) {
  FileTree tree = home({});
  for (int i = 0; i < 300; ++i) tree.root.children[std::to_string(i)] = node(FileNode::symlink(Bytes(16'000, '\n')));
  const TreeListing listing = list_tree(tree, {}, nullptr);
  EXPECT_TRUE(listing.is_truncated);
  EXPECT_LE(listing.text().size(), limits::home_listing);
  EXPECT_GT(listing.entries.size(), 10U);
}

TEST(TreeListingTest, RefusesOtherTexts) {
  for (const char* text :
       {"x\n", "[]\n", "[\"a\"]\n", "[\"a\",\"door\",\"0644\",\"me\",1,null,null]\n",
        "[\"a\",\"file\",\"9\",\"me\",1,null,null]\n", "[\"a\",\"file\",\"0644\",\"me\",-1,null,null]\n",
        "[\"a\",\"file\",\"0644\",\"me\",1,\"yesterday\",null]\n",
        "[\"a\",\"file\",\"0644\",\"me\",1,\"2024-02-30T00:00:00Z\",null]\n", "[\"a\""}) {
    EXPECT_THROW(parse_listing(text), Error) << text;
  }
  TreeListing listing;
  for (const char* text : {"", "{}", "[1]", "[[]]", "[[1]]"}) EXPECT_THROW(apply_changes(listing, text), Error) << text;
  ListedContents none;
  none.is_needed = [](const Bytes&) { return false; };
  listing = parse_listing("[\"%zz\",\"file\",\"0644\",\"me\",1,null,null]\n");
  EXPECT_THROW(tree_of(listing, none, {}, {}), Error);
}

}  // namespace
}  // namespace tellina::testing
