#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

/// One member of a tar file that a test makes.
class Member {
 public:
  Member(std::string name_, mode_t type_, std::string text_ = "")
      : name(std::move(name_)), type(type_), text(std::move(text_)) {}
  std::string name;
  mode_t type;
  std::string text;  ///< content, or the target of a symbolic link
  std::string hard_link_to;
  static Member hard_link(const std::string& name, const std::string& target) {
    Member member(name, S_IFREG);
    member.hard_link_to = target;
    return member;
  }
};

enum class Compression { none, gzip, xz };

class ArchiveTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::vector<Member>& members, Compression compression = Compression::xz) {
    archive* out = archive_write_new();
    archive_write_set_format_gnutar(out);
    if (compression == Compression::gzip) archive_write_add_filter_gzip(out);
    if (compression == Compression::xz) archive_write_add_filter_xz(out);
    ASSERT_EQ(archive_write_open_filename(out, folder.file(name).c_str()), ARCHIVE_OK) << archive_error_string(out);
    for (const Member& member : members) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, member.name.c_str());
      archive_entry_set_filetype(entry, member.type);
      archive_entry_set_perm(entry, member.type == S_IFDIR ? 0750 : 0640);
      archive_entry_set_mtime(entry, 1'000'000'000, 0);
      if (member.type == S_IFLNK) archive_entry_set_symlink(entry, member.text.c_str());
      if (!member.hard_link_to.empty()) archive_entry_set_hardlink(entry, member.hard_link_to.c_str());
      const bool has_content = member.type == S_IFREG && member.hard_link_to.empty();
      archive_entry_set_size(entry, has_content ? static_cast<la_int64_t>(member.text.size()) : 0);
      ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
      if (has_content) archive_write_data(out, member.text.data(), member.text.size());
      archive_entry_free(entry);
    }
    ASSERT_EQ(archive_write_close(out), ARCHIVE_OK) << archive_error_string(out);
    archive_write_free(out);
  }

  std::string file() const { return folder.file("config.json"); }

  Task task(const std::string& initial, const std::string& answer) const {
    const std::string text = R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [{"type": "filesystem",
      "description": "d", "initial_filesystem": )" +
                             initial + ", \"answer\": " + answer + "}]}";
    return parse_host_config(text, file(), FakePlugins()).study->tasks.at(0);
  }

  /// The part of the message after the name of the archive.
  std::string reason(const std::vector<Member>& members) {
    write("bad.tar.xz", members);
    return reason_of_file();
  }
  std::string reason_of_file() {
    const std::string message = error_of(config_with_tree(R"({"$archive": "bad.tar.xz"})"), FakePlugins(), file());
    const std::string start = file() +
                              ":3:14: tasks[0].initial_filesystem.$archive: expected a tar file with the tree, "
                              "got \"bad.tar.xz\": cannot use " +
                              folder.file("bad.tar.xz") + ": ";
    EXPECT_TRUE(message.starts_with(start)) << message;
    return message.substr(std::min(start.size(), message.size()));
  }

  TemporaryFolder folder;
};

const std::vector<Member> website = {{"./", S_IFDIR},
                                     {"./index.html", S_IFREG, "<html>"},
                                     {"./css/", S_IFDIR},
                                     {"./css/a b\n.css", S_IFREG, std::string("\0\xFF", 2)},
                                     {"deep/er/f\u00fcr.txt", S_IFREG, ""},
                                     {"latest", S_IFLNK, "css/../index.html"},
                                     Member::hard_link("copy.html", "./index.html")};

TEST_F(ArchiveTest, AnInitialTreeUsesContentModeAndTime) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::xz}) {
    write("website.tar.xz", website, compression);
    const Task loaded = task(R"({"$archive": "website.tar.xz"})", "{}");
    const std::map<Bytes, FileNode>& entries = loaded.initial.root.children;
    ASSERT_EQ(entries.size(), 5U);
    EXPECT_FALSE(loaded.initial.root.mode.has_value()) << "the home's own attributes are the sandbox's";
    EXPECT_EQ(entries.at("index.html").content, "<html>");
    EXPECT_EQ(entries.at("index.html").mode, 0640U);
    EXPECT_EQ(entries.at("index.html").modified_at->time_since_epoch(), std::chrono::seconds(1'000'000'000));
    EXPECT_FALSE(entries.at("index.html").owner.has_value());
    EXPECT_EQ(entries.at("css").mode, 0750U);
    EXPECT_EQ(entries.at("css").children.at("a b\n.css").content, std::string("\0\xFF", 2));
    EXPECT_EQ(entries.at("deep").children.at("er").children.at("f\u00fcr.txt").content, "");
    EXPECT_EQ(entries.at("latest").kind, FileKind::symlink);
    EXPECT_EQ(entries.at("latest").target, "css/../index.html");
    EXPECT_EQ(entries.at("copy.html").kind, FileKind::regular);
    EXPECT_EQ(entries.at("copy.html").content, "<html>");
  }
}

TEST_F(ArchiveTest, AnAnswerUsesKindAndContentOnly) {
  write("website.tar.xz", website);
  const Task loaded = task("{}", R"({"site": {"$archive": "website.tar.xz"}, "more": null})");
  const std::map<Bytes, FileNode>& entries = loaded.filesystem_answer.root.children;
  EXPECT_EQ(entries.size(), 2U);
  const FileNode& site = entries.at("site");
  EXPECT_EQ(site.children.at("index.html").content, "<html>");
  EXPECT_FALSE(site.children.at("index.html").mode || site.children.at("index.html").modified_at);
  EXPECT_FALSE(site.children.at("css").mode || site.children.at("css").modified_at);
  EXPECT_EQ(site.children.at("latest").target, "css/../index.html");
}

TEST_F(ArchiveTest, EntriesReplaceOrExtendThoseOfTheArchive) {
  write("website.tar.xz", website);
  const Task loaded = task(
      R"({"site": {"$archive": "website.tar.xz", "$with": {
        "index.html": "<p>", "new": {"a": null}, "latest": {"d": {}},
        "css": {"$directory": {"mode": "0700", "entries": {"b.css": "b"}}}}}})",
      R"({"site": {"$archive": "website.tar.xz", "$with": {"index.html": null, "css": {"c.css": "c"}}}})");
  const std::map<Bytes, FileNode>& entries = loaded.initial.root.children.at("site").children;
  EXPECT_EQ(entries.at("index.html").content, "<p>");
  EXPECT_FALSE(entries.at("index.html").mode) << "it is another file";
  EXPECT_EQ(entries.at("new").children.at("a").content, "");
  EXPECT_EQ(entries.at("latest").kind, FileKind::directory);
  EXPECT_EQ(entries.at("css").mode, 0700U);
  EXPECT_EQ(entries.at("css").modified_at->time_since_epoch(), std::chrono::seconds(1'000'000'000));
  EXPECT_EQ(entries.at("css").children.size(), 2U);
  EXPECT_EQ(entries.at("css").children.at("b.css").content, "b");
  EXPECT_EQ(entries.at("copy.html").content, "<html>");
  const std::map<Bytes, FileNode>& wanted = loaded.filesystem_answer.root.children.at("site").children;
  EXPECT_FALSE(wanted.at("index.html").content);
  EXPECT_EQ(wanted.at("css").children.size(), 2U);
  EXPECT_EQ(wanted.at("copy.html").content, "<html>");
}

TEST_F(ArchiveTest, AnEntryBesideAnArchiveHasItsPlace) {
  write("t.tar.xz", {{"d", S_IFDIR}});
  EXPECT_EQ(
      error_of(config_with_tree(R"({"$archive": "t.tar.xz", "$with": {"d": {")" + std::string(256, 'n') + "\": 1}}}"),
               FakePlugins(), file())
          .substr(file().size()),
      ":3:302: tasks[0].initial_filesystem.$with.d." + std::string(256, 'n') +
          ": expected null, a string or an object, got 1");
  EXPECT_EQ(error_of(config_with_tree(R"({"$archive": "t.tar.xz", "$with": {"d": {")" + std::string(256, 'n') +
                                      "\": null}}}"),
                     FakePlugins(), file())
                .substr(file().size()),
            ":3:302: tasks[0].initial_filesystem.$with.d." + std::string(256, 'n') +
                ": expected a file name of at most 255 bytes, got one of 256");
}

TEST_F(ArchiveTest, NamesStayAsTheyAreInTheTarProgramsFiles) {
  const std::string source = folder.file("source");
  std::filesystem::create_directory(source);
  std::ofstream(source + "/caf\xE9 latin1") << "1";
  std::ofstream(source + "/\U0001F600 " + std::string(120, 'l')) << "2";
  std::filesystem::create_hard_link(source + "/caf\xE9 latin1", source + "/zweite");
  for (const char* format : {"gnu", "pax", "ustar"}) {
    const std::string command =
        std::string("tar --format=") + format + " -cJf " + folder.file("t.tar.xz") + " -C " + source + " .";
    if (std::string(format) == "ustar") std::filesystem::remove(source + "/\U0001F600 " + std::string(120, 'l'));
    ASSERT_EQ(std::system(command.c_str()), 0);
    const Task loaded = task(R"({"$archive": "t.tar.xz"})", "{}");
    const std::map<Bytes, FileNode>& entries = loaded.initial.root.children;
    EXPECT_EQ(entries.at("caf\xE9 latin1").content, "1") << format;
    EXPECT_EQ(entries.at("zweite").content, "1") << format;
    if (std::string(format) != "ustar") {
      EXPECT_EQ(entries.at("\U0001F600 " + std::string(120, 'l')).content, "2") << format;
    }
  }
}

TEST_F(ArchiveTest, TheLaterOfTwoMembersWithOneNameCounts) {
  write("t.tar.xz",
        {{"d/f", S_IFREG, "old"}, {"d/f", S_IFREG, "new"}, {"d", S_IFDIR}, {"e", S_IFREG, "x"}, {"e", S_IFDIR}});
  const std::map<Bytes, FileNode> entries = task(R"({"$archive": "t.tar.xz"})", "{}").initial.root.children;
  EXPECT_EQ(entries.at("d").children.at("f").content, "new");
  EXPECT_EQ(entries.at("e").kind, FileKind::directory);
}

TEST_F(ArchiveTest, TheHashCoversTheBytesOfTheArchive) {
  write("t.tar.xz", {{"f", S_IFREG, "1"}});
  const std::string first = task(R"({"$archive": "t.tar.xz"})", "{}").definition_hash;
  EXPECT_EQ(first, task(R"({"$archive": "t.tar.xz"})", "{}").definition_hash);
  write("t.tar.xz", {{"f", S_IFREG, "2"}});
  EXPECT_NE(first, task(R"({"$archive": "t.tar.xz"})", "{}").definition_hash);
}

TEST_F(ArchiveTest, MembersThatCannotBeInAHomeAreRefused) {
  EXPECT_EQ(reason({{"/etc/passwd", S_IFREG, "x"}}), "the member \"/etc/passwd\" has an absolute name");
  EXPECT_EQ(reason({{"a/../../b", S_IFREG, "x"}}), "the member \"a/../../b\" leads out of the archive");
  EXPECT_EQ(reason({{"dev/null", S_IFCHR}}), "the member \"dev/null\" is not a file, a directory or a link");
  EXPECT_EQ(reason({{"pipe", S_IFIFO}}), "the member \"pipe\" is not a file, a directory or a link");
  EXPECT_EQ(reason({{"l", S_IFLNK, "/etc"}, {"l/passwd", S_IFREG, "x"}}),
            "the member \"l/passwd\" is below something that is not a directory");
  EXPECT_EQ(reason({{"d/f", S_IFREG, "x"}, {"d", S_IFREG, "x"}}), "the member \"d\" replaces a directory");
  EXPECT_EQ(reason({Member::hard_link("a", "b"), {"b", S_IFREG, "x"}}),
            "the hard link \"a\" is to \"b\", which does not come before it");
  EXPECT_EQ(reason({Member::hard_link("a", "../b")}), "the member \"../b\" leads out of the archive");
  EXPECT_EQ(reason({{"d", S_IFDIR}, Member::hard_link("a", "d")}),
            "the hard link \"a\" is to \"d\", which is not a file");
}

TEST_F(ArchiveTest, ABombIsRefusedWhileItIsRead) {
  EXPECT_EQ(reason({{"zeros", S_IFREG, std::string(11 * 1024 * 1024, '\0')}}),
            "it has more than 10485760 bytes of content");
  std::vector<Member> many;
  for (int i = 0; i < 4096; ++i) many.emplace_back(std::to_string(i), S_IFDIR);
  EXPECT_EQ(reason(many), "it has more than 4095 members");
}

TEST_F(ArchiveTest, DirectoriesMayBeNested256Deep) {
  std::string deepest = "d";
  for (int depth = 2; depth <= 256; ++depth) deepest += "/d";
  write("t.tar.xz", {{deepest, S_IFDIR}, {deepest + "/file", S_IFREG, "x"}});
  EXPECT_EQ(error_of(config_with_tree(R"({"$archive": "t.tar.xz"})"), FakePlugins(), file()), "");
  write("t.tar.xz", {{deepest + "/d", S_IFDIR}});
  EXPECT_EQ(error_of(config_with_tree(R"({"$archive": "t.tar.xz"})"), FakePlugins(), file()),
            file() + ":3:1: tasks[0].initial_filesystem: expected at most 256 levels of directories, got more");
}

TEST_F(ArchiveTest, NamesOfThousandsOfDirectoriesAreRefused) {
  std::string deepest = "d";
  for (int depth = 2; depth <= 50'000; ++depth) deepest += "/d";
  write("bad.tar.xz", {{deepest, S_IFREG, "x"}});
  EXPECT_TRUE(reason_of_file().ends_with("\"... is below more than 1024 directories")) << reason_of_file();
}

TEST_F(ArchiveTest, AFileThatIsNotATarFileIsRefused) {
  std::ofstream(folder.file("bad.tar.xz")) << "This is a text of more than a block." << std::string(2000, 'x');
  EXPECT_EQ(reason_of_file(), "expected a tar file, got: Unrecognized archive format");
  write("bad.tar.xz", website);
  std::filesystem::resize_file(folder.file("bad.tar.xz"), std::filesystem::file_size(folder.file("bad.tar.xz")) / 2);
  EXPECT_TRUE(reason_of_file().find("tar file, got: ") != std::string::npos ||
              reason_of_file().find("can't be read: ") != std::string::npos)
      << reason_of_file();
  std::ofstream(folder.file("bad.tar.xz")) << "";
  EXPECT_EQ(reason_of_file(), "expected a tar file, got: Unrecognized archive format");
}

TEST_F(ArchiveTest, APathIsRelativeToTheConfigFile) {
  std::filesystem::create_directory(folder.file("trees"));
  write("trees/t.tar.xz", {{"f", S_IFREG, "1"}});
  EXPECT_EQ(task(R"({"$archive": "trees/t.tar.xz"})", "{}").initial.root.children.at("f").content, "1");
  EXPECT_EQ(task(R"({"$archive": ")" + folder.file("trees/t.tar.xz") + "\"}", "{}").initial.root.children.size(), 1U);
}

}  // namespace
}  // namespace tellina
