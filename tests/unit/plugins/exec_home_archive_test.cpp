#include "plugins/sandbox_exec/home_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <memory>
#include <thread>

#include <gmock/gmock.h>

#include "host/runtime/system.hpp"
#include "plugins/common/wake_up.hpp"

namespace tellina::exec_sandbox {
namespace {

using sandbox_common::Deadline;
using ::testing::HasSubstr;

constexpr WallTime now{std::chrono::seconds(1'700'000'000)};

/// A tar file as a program may send it.
class Tar {
 public:
  Tar() : m_file(memfd_create("tar", MFD_CLOEXEC)), m_archive(archive_write_new(), archive_write_free) {
    archive_write_set_format_pax(m_archive.get());
    archive_write_set_format_option(m_archive.get(), "pax", "hdrcharset", "BINARY");
    archive_write_open_fd(m_archive.get(), m_file.get());
  }
  using Change = std::function<void(archive_entry*)>;
  Tar& add(const char* name, unsigned int type, const std::string& content = "", const Change& change = {}) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), name);
    archive_entry_set_filetype(entry.get(), type);
    archive_entry_set_perm(entry.get(), 0640);
    archive_entry_set_uid(entry.get(), 1000);
    archive_entry_set_mtime(entry.get(), 5, 7);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    if (change) change(entry.get());
    EXPECT_EQ(archive_write_header(m_archive.get(), entry.get()), ARCHIVE_OK) << archive_error_string(m_archive.get());
    archive_write_data(m_archive.get(), content.data(), content.size());
    return *this;
  }
  Tar& home() { return add("./", AE_IFDIR); }
  int finish() {
    archive_write_close(m_archive.get());
    return m_file.get();
  }

 private:
  Descriptor m_file;
  std::unique_ptr<archive, int (*)(archive*)> m_archive;
};

class ExecHomeArchive : public ::testing::Test {
 protected:
  FileTree read(int file, std::chrono::milliseconds time = std::chrono::seconds(5)) {
    return read_archive(file, m_request, Deadline(m_clock, time, &m_interrupt));
  }
  std::string error_of(int file) {
    try {
      read(file);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::internal);
      return error.what();
    }
    return "no error";
  }

  SystemClock m_clock;
  WakeUp m_interrupt;
  SnapshotRequest m_request;
};

TEST_F(ExecHomeArchive, ATreeIsReadAsItWasWritten) {
  FileTree tree;
  FileNode& root = tree.root;
  root.mode = 0751;
  root.modified_at = now + std::chrono::nanoseconds(1);
  root.children["odd\n\xff -rf"] = FileNode::regular(Bytes("a\0\xfe", 3));
  root.children["\xc3\xa4\xe2\x82\xac"] = FileNode::regular("umlaut");
  root.children[std::string(255, 'n')] = FileNode::regular("long");
  root.children["link"] = FileNode::symlink("../\xff");
  root.children["folder"].children["file"] = FileNode::regular("");
  root.children["folder"].children["file"].mode = 04755;
  root.children["folder"].children["file"].modified_at = now + std::chrono::nanoseconds(999'999'999);
  const FileTree got = read(write_archive(tree, now).get());
  EXPECT_FALSE(got.truncated || got.raced);
  EXPECT_EQ(got.root.mode, 0751U);
  EXPECT_EQ(got.root.modified_at, now + std::chrono::nanoseconds(1));
  EXPECT_EQ(got.root.owner, "me");
  ASSERT_EQ(got.root.children.size(), 5U);
  for (const auto& [name, node] : root.children) {
    const FileNode& same = got.root.children.at(name);
    EXPECT_EQ(same.kind, node.kind) << name;
    EXPECT_EQ(same.content, node.content) << name;
    EXPECT_EQ(same.target, node.target) << name;
    EXPECT_EQ(same.owner, "me") << name;
  }
  EXPECT_EQ(got.root.children.at("link").target, "../\xff");
  EXPECT_EQ(got.root.children.at("folder").mode, 0755U);
  EXPECT_EQ(got.root.children.at("folder").modified_at, now);
  const FileNode& file = got.root.children.at("folder").children.at("file");
  EXPECT_EQ(file.mode, 04755U);
  EXPECT_EQ(file.modified_at, now + std::chrono::nanoseconds(999'999'999));
}

TEST_F(ExecHomeArchive, AFileOfZerosIsAHole) {
  FileTree tree;
  for (const std::uint64_t size : {1ULL, 511ULL, 12'345ULL, 5'000'000'000'000ULL}) {
    FileNode node(FileKind::regular);
    node.size = size;
    tree.root.children[std::to_string(size)] = node;
  }
  const Descriptor archive = write_archive(tree, now);
  EXPECT_LT(lseek(archive.get(), 0, SEEK_END), 100'000);
  const FileTree got = read(archive.get());
  for (const auto& [name, node] : tree.root.children) EXPECT_EQ(got.root.children.at(name).size, node.size);
  EXPECT_EQ(got.root.children.at("12345").content, Bytes(12'345, '\0'));
  EXPECT_FALSE(got.root.children.at("5000000000000").content);
}

TEST_F(ExecHomeArchive, TheInitialTreeIsSealed) {
  const Descriptor archive = write_archive(FileTree(), now);
  EXPECT_EQ(pwrite(archive.get(), "x", 1, 0), -1);
  EXPECT_EQ(ftruncate(archive.get(), 0), -1);
  EXPECT_EQ(lseek(archive.get(), 0, SEEK_CUR), 0) << "a program can read it at once";
}

TEST_F(ExecHomeArchive, RefusesWhatNoHomeCanHave) {
  const auto refused = [](const std::function<void(FileNode&)>& change) {
    FileTree tree;
    change(tree.root.children["d"]);
    try {
      write_archive(tree, now);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::seed_failed) << error.what();
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refused([](FileNode& d) { d.children["a/b"] = FileNode::regular(""); }), HasSubstr("~/d/a/b: "));
  EXPECT_THAT(refused([](FileNode& d) { d.children[".."] = FileNode::directory(); }), HasSubstr("a file name"));
  EXPECT_THAT(refused([](FileNode& d) { d.children[Bytes("\0", 1)] = FileNode::directory(); }),
              HasSubstr("initial tree: ~/d/"));
  EXPECT_THAT(refused([](FileNode& d) { d.children[Bytes(256, 'x')]; }), HasSubstr("a file name"));
  EXPECT_THAT(refused([](FileNode& d) { d.owner = "7"; }), HasSubstr("expected the owner \"me\", got \"7\""));
  EXPECT_THAT(refused([](FileNode& d) { d = FileNode::symlink(""); }), HasSubstr("a link's target"));
  for (const Bytes& target : {Bytes(4096, 't'), Bytes("a\0b", 3)}) {
    EXPECT_THAT(refused([&](FileNode& d) { d = FileNode::symlink(target); }),
                HasSubstr("a link's target of 1 to 4095"));
  }
  EXPECT_THAT(refused([](FileNode& d) { d.kind = FileKind::other; }), HasSubstr("a directory, a file or a link"));
  EXPECT_THAT(refused([](FileNode& d) {
                for (int i = 0; i < 300; ++i) {
                  FileNode deeper;
                  deeper.children["d"] = std::move(d);
                  d = std::move(deeper);
                }
              }),
              HasSubstr("nested directories"));
}

TEST_F(ExecHomeArchive, OwnersAreComparedWithThatOfTheHome) {
  Tar tar;
  tar.home().add("./mine", AE_IFREG, "m").add("./roots", AE_IFREG, "r", [](archive_entry* e) {
    archive_entry_set_uid(e, 0);
  });
  const FileTree got = read(tar.finish());
  EXPECT_EQ(got.root.children.at("mine").owner, "me");
  EXPECT_EQ(got.root.children.at("roots").owner, "0");
}

TEST_F(ExecHomeArchive, OtherKindsAndHardLinks) {
  Tar tar;
  tar.home()
      .add("./fifo", AE_IFIFO)
      .add("./file", AE_IFREG, "shared")
      .add("./hard", AE_IFREG, "", [](archive_entry* e) { archive_entry_set_hardlink(e, "./file"); })
      .add("./lost", AE_IFREG, "", [](archive_entry* e) { archive_entry_set_hardlink(e, "./nowhere"); });
  const FileTree got = read(tar.finish());
  EXPECT_EQ(got.root.children.at("fifo").kind, FileKind::other);
  EXPECT_EQ(got.root.children.at("hard").content, "shared");
  EXPECT_TRUE(got.raced) << "the file of a hard link had gone";
  EXPECT_EQ(got.root.children.at("lost").mode, 0640U);
  EXPECT_EQ(got.root.children.at("lost").owner, "me");
}

TEST_F(ExecHomeArchive, HardLinksCountAsContent) {
  m_request.max_content_in_all = 250;
  Tar tar;
  tar.home().add("./file", AE_IFREG, std::string(100, 'x'));
  for (const char* name : {"./1", "./2", "./3"}) {
    tar.add(name, AE_IFREG, "", [](archive_entry* e) { archive_entry_set_hardlink(e, "./file"); });
  }
  const FileTree got = read(tar.finish());
  EXPECT_TRUE(got.truncated);
  std::size_t all = 0;
  for (const auto& [name, node] : got.root.children) all += node.content.value_or("").size();
  EXPECT_EQ(all, 200U);
}

TEST_F(ExecHomeArchive, AFileWithoutItsContentHasTheSizeOfItsMark) {
  const auto with_size = [](const char* size) {
    return [size](archive_entry* e) { archive_entry_xattr_add_entry(e, "tellina.size", size, std::strlen(size)); };
  };
  m_request.max_content_per_file = 1000;
  {
    Tar tar;
    tar.home().add("./large", AE_IFREG, "", with_size("1001"));
    const FileTree got = read(tar.finish());
    EXPECT_EQ(got.root.children.at("large").size, 1001U);
    EXPECT_FALSE(got.root.children.at("large").content || got.truncated);
  }
  {
    Tar tar;
    tar.home().add("./small", AE_IFREG, "", with_size("1000"));
    const FileTree got = read(tar.finish());
    EXPECT_EQ(got.root.children.at("small").size, 1000U);
    EXPECT_TRUE(got.truncated) << "content was left out that the request allows";
  }
  Tar tar;
  tar.home().add("./odd", AE_IFREG, "", with_size("12x"));
  EXPECT_THAT(error_of(tar.finish()), HasSubstr("expected a size in the mark"));
}

TEST_F(ExecHomeArchive, TheHomeCanSayThatMoreIsThere) {
  for (const std::string mark : {"tellina.truncated", "tellina.raced"}) {
    Tar tar;
    tar.home().add("./f", AE_IFREG, "f").add("./", AE_IFDIR, "", [&](archive_entry* e) {
      archive_entry_xattr_add_entry(e, mark.c_str(), "1", 1);
    });
    const FileTree got = read(tar.finish());
    EXPECT_EQ(got.truncated, mark == "tellina.truncated");
    EXPECT_EQ(got.raced, mark == "tellina.raced");
    EXPECT_EQ(got.root.children.size(), 1U);
  }
}

TEST_F(ExecHomeArchive, KeepsTheLimitsOfTheRequest) {
  Tar tar;
  tar.home().add("./a", AE_IFREG, std::string(10, 'a')).add("./b/c/d", AE_IFREG, std::string(20, 'b'));
  const int file = tar.finish();
  EXPECT_FALSE(read(file).truncated);
  m_request.max_entries = 3;
  EXPECT_TRUE(read(file).truncated) << "directories that are not listed count too";
  m_request = SnapshotRequest();
  m_request.max_depth = 2;
  EXPECT_TRUE(read(file).truncated);
  EXPECT_EQ(read(file).root.children.count("b"), 0U);
  m_request = SnapshotRequest();
  m_request.max_content_in_all = 29;
  EXPECT_TRUE(read(file).truncated);
  m_request = SnapshotRequest();
  m_request.max_content_per_file = 15;
  const FileTree got = read(file);
  EXPECT_FALSE(got.truncated);
  const FileNode& d = got.root.children.at("b").children.at("c").children.at("d");
  EXPECT_FALSE(d.content);
  EXPECT_EQ(d.size, 20U);
}

TEST_F(ExecHomeArchive, RefusesWhatIsNotTheArchiveOfAHome) {
  Tar outside, absolute, headless, long_name;
  outside.home().add("./a/../../b", AE_IFREG, "x");
  absolute.home().add("/etc/passwd", AE_IFREG, "x");
  headless.add("./a", AE_IFREG, "x");
  long_name.home().add(("./" + std::string(256, 'x')).c_str(), AE_IFREG, "x");
  EXPECT_THAT(error_of(outside.finish()), HasSubstr("leads out of the home"));
  EXPECT_THAT(error_of(absolute.finish()), HasSubstr("absolute name"));
  EXPECT_THAT(error_of(headless.finish()), HasSubstr("expected the home itself"));
  EXPECT_THAT(error_of(long_name.finish()), HasSubstr("more than 255 bytes"));
  const Descriptor empty(memfd_create("empty", MFD_CLOEXEC));
  EXPECT_THAT(error_of(empty.get()), HasSubstr("it is not the archive of a home"));
  ASSERT_EQ(pwrite(empty.get(), "garbage", 7, 0), 7);
  EXPECT_THAT(error_of(empty.get()), HasSubstr("it is not the archive of a home"));
  const Descriptor folder(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_THAT(error_of(folder.get()), HasSubstr("expected a file or a pipe"));
}

TEST_F(ExecHomeArchive, RefusesALinksTargetThatNoFileSystemHas) {
  const auto with_target = [](const std::string& target) {
    Tar tar;
    tar.home().add("./link", AE_IFLNK, "", [&](archive_entry* e) { archive_entry_set_symlink(e, target.c_str()); });
    return tar;
  };
  const std::string longest(4095, 't');
  EXPECT_EQ(read(with_target(longest).finish()).root.children.at("link").target, longest);
  for (const std::size_t size : {4096U, 100'000U}) {
    EXPECT_THAT(error_of(with_target(std::string(size, 't')).finish()),
                HasSubstr("a link has a target of more than 4095 bytes"))
        << size;
  }
}

TEST_F(ExecHomeArchive, AnArchiveThatIsCutIsNoHome) {
  Tar tar;
  tar.home().add("./a", AE_IFREG, std::string(2000, 'a')).add("./b", AE_IFREG, "b");
  const int file = tar.finish();
  const off_t whole = lseek(file, 0, SEEK_END);
  ASSERT_EQ(whole % 512, 0);
  std::size_t blocks_of_end = 0;
  for (char block[512]; pread(file, block, 512, whole - static_cast<off_t>(512 * (blocks_of_end + 1))) == 512;) {
    if (std::string(block, 512) != std::string(512, '\0')) break;
    ++blocks_of_end;
  }
  for (off_t size = whole - static_cast<off_t>(512 * blocks_of_end); size > 0; size -= 512) {
    ASSERT_EQ(ftruncate(file, size), 0);
    EXPECT_THAT(error_of(file), HasSubstr("it is not the archive of a home")) << size;
  }
}

TEST_F(ExecHomeArchive, WhatIsBelowAFileIsLeftOut) {
  Tar tar;
  tar.home().add("./a", AE_IFREG, "file").add("./a/b", AE_IFREG, "below");
  const FileTree got = read(tar.finish());
  EXPECT_TRUE(got.raced);
  EXPECT_EQ(got.root.children.at("a").content, "file");
}

class ExecHomePipe : public ExecHomeArchive {
 protected:
  ExecHomePipe() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    m_out.reset(ends[0]);
    m_in.reset(ends[1]);
  }
  Descriptor m_out;
  Descriptor m_in;
};

TEST_F(ExecHomePipe, IsReadAsItComes) {
  Tar tar;
  tar.home().add("./file", AE_IFREG, std::string(500'000, 'x'));
  const int file = tar.finish();
  std::thread writer([&] {
    char buffer[7000];
    off_t offset = 0;
    for (ssize_t size; (size = pread(file, buffer, sizeof buffer, offset)) > 0; offset += size) {
      ASSERT_EQ(write(m_in.get(), buffer, static_cast<std::size_t>(size)), size);
    }
    m_in.reset();
  });
  const FileTree got = read(m_out.get());
  writer.join();
  EXPECT_EQ(got.root.children.at("file").content, std::string(500'000, 'x'));
}

TEST_F(ExecHomePipe, AtTheDeadlineReturnsWhatHasCome) {
  Tar tar;
  tar.home().add("./first", AE_IFREG, "1").add("./second", AE_IFREG, std::string(30'000, '2'));
  const int file = tar.finish();
  std::string octets(20'000, '\0');
  ASSERT_EQ(pread(file, octets.data(), octets.size(), 0), 20'000);
  ASSERT_EQ(write(m_in.get(), octets.data(), octets.size()), 20'000);
  const FileTree got = read(m_out.get(), std::chrono::milliseconds(50));
  EXPECT_TRUE(got.truncated);
  EXPECT_EQ(got.root.children.at("first").content, "1");
  EXPECT_FALSE(got.root.children.at("second").content);
}

TEST_F(ExecHomePipe, WithoutTheHomeItIsTooLate) {
  try {
    read(m_out.get(), std::chrono::milliseconds(20));
    ADD_FAILURE() << "it was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::timed_out);
  }
}

TEST_F(ExecHomePipe, AnInterruptionEndsTheReading) {
  m_interrupt.raise();
  try {
    read(m_out.get());
    ADD_FAILURE() << "it was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::gone);
  }
}

}  // namespace
}  // namespace tellina::exec_sandbox
