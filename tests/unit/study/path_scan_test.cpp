#include "host/study/path_scan.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Names = std::vector<std::vector<Bytes>>;

FileNode folder(std::map<Bytes, FileNode> children) {
  FileNode node = FileNode::directory();
  node.children = std::move(children);
  return node;
}

FileNode file() { return FileNode::regular("x"); }

class PathScanTest : public ::testing::Test {
 protected:
  PathScanTest() {
    FileTree tree;
    FileNode css = folder({{"app.css", file()}, {"fonts", folder({{"icons.css", file()}})}, {"my file", file()}});
    FileNode website = folder({{"css", css},
                               {"js", folder({{"app.js", file()}, {"b", file()}})},
                               {"README.md", file()},
                               {"a b", file()},
                               {"b", file()},
                               {"it's", file()},
                               {"run.sh", file()},
                               {"two\nlines", file()},
                               {"link", FileNode::symlink("css/app.css")},
                               {"\xc3\xa9t\xc3\xa9", file()}});
    tree.root.children = {{"website", website}, {"other", folder({{"x", file()}})}};
    names.add(tree);
  }

  /// The names in each line that counts.
  Names scan(const Bytes& output, const Bytes& command = "ls", const Bytes& directory = "/home/me/website") const {
    Names found;
    for (const ScannedLine& line : scan_paths(names, output, directory, command)) found.push_back(line.names);
    return found;
  }
  std::vector<Bytes> line(const Bytes& output, const Bytes& command = "ls") const {
    const Names found = scan(output, command);
    return found.size() == 1 ? found.front() : std::vector<Bytes>{"(" + std::to_string(found.size()) + " lines)"};
  }

  HomeNames names{"/home/me"};
};

TEST_F(PathScanTest, PathsAreReadInEachOfTheirForms) {
  for (const char* written : {"css/app.css", "./css/app.css", "css//app.css", "css/./app.css", "js/../css/app.css",
                              "~/website/css/app.css", "/home/me/website/css/app.css", "../website/css/app.css",
                              "../../me/website/css/app.css", "  css/app.css  ", "css/app.css/"}) {
    EXPECT_THAT(line(written), ElementsAre("website/css/app.css")) << written;
  }
}

TEST_F(PathScanTest, WhatIsNoNameOfTheHomeDoesNotCount) {
  for (const char* written :
       {"nothing", "css/nothing", "/etc/passwd", "/home/me2/website", "~root/x", "../../../website",
        "app.css:12: body {", "find: 'x': Permission denied", "css/app.css:3:color", "link/x", "css/app.css extra"}) {
    EXPECT_THAT(line(written), IsEmpty()) << written;
  }
}

TEST_F(PathScanTest, BlankLinesTotalsAndHeadingsAreNoLines) {
  EXPECT_THAT(scan("\n \t\ntotal 12\ntotal 4.0K\n  12 total\ncss:\n"), IsEmpty());
  EXPECT_EQ(scan("total eclipse of\n").size(), 1U) << "other lines that begin like that are lines";
}

TEST_F(PathScanTest, LongListingsNameWhatTheirLastFieldsAre) {
  EXPECT_THAT(line("-rw-r--r-- 1 me me 12 2017-01-10 08:36 README.md"), ElementsAre("website/README.md"));
  EXPECT_THAT(line("-rw-r--r-- 1 me me 12 Jan 10 2017 a b"), ElementsAre("website/a b")) << "the longest end counts";
  EXPECT_THAT(line("-rw-r--r-- 1 me me 12 Jan 10 2017 'a b'"), ElementsAre("website/a b"));
  EXPECT_THAT(line("lrwxrwxrwx 1 me me 11 Jan 10 2017 link -> css/app.css"), ElementsAre("website/link"));
  EXPECT_THAT(line("   12   4 -rw-r--r-- 1 me me 9 Jan 10 2017 ./a\\ b"), ElementsAre("website/a b"));
  EXPECT_THAT(line("   12   4 -rw-r--r-- 1 me me 9 Jan 10 2017 ./\\303\\251t\\303\\251"),
              ElementsAre("website/\xc3\xa9t\xc3\xa9"));
  EXPECT_THAT(line(" 7 css/app.css"), ElementsAre("website/css/app.css")) << "wc";
  EXPECT_THAT(line("4.0K\t./css"), ElementsAre("website/css")) << "du";
}

TEST_F(PathScanTest, ColumnsNameAllOfTheirFields) {
  EXPECT_THAT(line("README.md  css   js"), ElementsAre("website/README.md", "website/css", "website/js"));
  EXPECT_THAT(line("README.md\tcss/"), ElementsAre("website/README.md", "website/css"));
  EXPECT_THAT(line("'a b'   b"), ElementsAre("website/a b", "website/b"));
  EXPECT_THAT(line("a b"), ElementsAre("website/a b")) << "a whole line that is a path counts first";
  EXPECT_THAT(line(".  ..  css"), ElementsAre("website/css")) << "ls -a";
}

TEST_F(PathScanTest, DotsAloneNameNothing) {
  EXPECT_THAT(line("."), IsEmpty());
  EXPECT_THAT(line("../"), IsEmpty());
  EXPECT_THAT(line("drwxr-xr-x 4 me me 80 Jan 10 2017 .."), IsEmpty());
}

TEST_F(PathScanTest, QuotesAndSignsOfLsAreRead) {
  EXPECT_THAT(line("\"it's\""), ElementsAre("website/it's"));
  EXPECT_THAT(line("'two'$'\\n''lines'"), ElementsAre("website/two\nlines"));
  EXPECT_THAT(line("$'\\303\\251t\\303\\251'"), ElementsAre("website/\xc3\xa9t\xc3\xa9"));
  EXPECT_THAT(line("run.sh*"), ElementsAre("website/run.sh"));
  EXPECT_THAT(line("link@"), ElementsAre("website/link"));
  EXPECT_THAT(line("'a b'*"), ElementsAre("website/a b"));
}

TEST_F(PathScanTest, HeadingsAreWhatTheFollowingPathsAreRelativeTo) {
  EXPECT_THAT(
      scan("css:\napp.css  fonts\n\ncss/fonts:\nicons.css\n"),
      ElementsAre(ElementsAre("website/css/app.css", "website/css/fonts"), ElementsAre("website/css/fonts/icons.css")));
  EXPECT_THAT(scan("js:\nb\n"), ElementsAre(ElementsAre("website/js/b")))
      << "a heading counts before the working directory";
  EXPECT_THAT(scan("js:\nREADME.md\n"), ElementsAre(ElementsAre("website/README.md"))) << "if the path exists there";
  EXPECT_THAT(scan("js:\nnothing:\nb\n"), ElementsAre(IsEmpty(), ElementsAre("website/js/b")));
}

TEST_F(PathScanTest, DirectoriesOfTheCommandAreWhatPathsMayBeRelativeTo) {
  EXPECT_THAT(line("app.css", "ls css"), ElementsAre("website/css/app.css"));
  EXPECT_THAT(line("app.css", "(cd css;ls)|cat"), ElementsAre("website/css/app.css"));
  EXPECT_THAT(line("app.css", "cd 'css' && ls"), ElementsAre("website/css/app.css"));
  EXPECT_THAT(line("x", "ls ~/other"), ElementsAre("other/x"));
  EXPECT_THAT(line("b", "ls js"), ElementsAre("website/b")) << "the working directory counts before them";
  EXPECT_THAT(line("app.css", "ls"), IsEmpty());
  EXPECT_THAT(scan("app.css", "ls website/css", "/home/me"), ElementsAre(ElementsAre("website/css/app.css")));
}

TEST_F(PathScanTest, OutputMayBeRelativeToADirectoryOutsideTheHome) {
  EXPECT_THAT(scan("me/website/b\nwebsite/b\n", "find", "/home"), ElementsAre(ElementsAre("website/b"), IsEmpty()));
}

TEST_F(PathScanTest, NamesOfSeveralTreesExist) {
  FileTree later;
  later.root.children = {{"new", file()}, {"other", file()}};
  names.add(later);
  EXPECT_THAT(line("~/new"), ElementsAre("new"));
  EXPECT_THAT(line("~/other/x"), ElementsAre("other/x"));
  EXPECT_TRUE(names.is_directory("other"));
}

TEST_F(PathScanTest, LongLinesAndManyWordsTakeLittleTime) {
  Bytes line;
  while (line.size() < 1024 * 1024) line += "css ";
  EXPECT_THAT(scan(line).front().size(), line.size() / 4);
  line += "nothing";
  EXPECT_THAT(scan(line, line), ElementsAre(IsEmpty()));
  Bytes quotes(1024 * 1024, '\'');
  EXPECT_THAT(scan(quotes, quotes), ElementsAre(IsEmpty()));
}

}  // namespace
}  // namespace tellina::testing
