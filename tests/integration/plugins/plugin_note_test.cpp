/// Reads notes from damaged files, and compares tags.

#include "host/plugins/plugin_note.hpp"

#include <elf.h>
#include <gmock/gmock.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "support/server_process.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/ordering_policy.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

/// Why the file is refused, or its plugin's name.
std::string read(const std::filesystem::path& file) {
  try {
    return read_plugin_note(file).name;
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with(file.string() + ": expected ")) << error.what();
    return error.what();
  }
}

TEST(PluginNoteTest, AnyFileIsReadOrRefused) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "x.so";
  const std::string whole = read_text(BAD_FOLDER "/good/good.so");
  write_text(file, whole);
  ASSERT_EQ(read(file), "altered");
  for (std::size_t size = 0; size < whole.size(); size += size < 128 ? 1 : 257) {
    write_text(file, whole.substr(0, size));
    EXPECT_NE(read(file), "altered") << size << " bytes: the table of sections is at the end";
  }
  Elf64_Ehdr header;
  std::memcpy(&header, whole.data(), sizeof header);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < sizeof header; ++i) places.push_back(i);
  for (std::size_t i = header.e_shoff; i < whole.size(); ++i) places.push_back(i);
  for (const std::size_t place : places) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string damaged = whole;
      damaged[place] = value;
      write_text(file, damaged);
      read(file);
    }
  }
}

/// The file with other bytes instead of one of its sections, and the section's size.
std::string with_section(std::string whole, const std::string& name, const std::string& bytes, std::size_t size) {
  Elf64_Ehdr header;
  std::memcpy(&header, whole.data(), sizeof header);
  const auto place = [&](std::size_t i) { return header.e_shoff + i * sizeof(Elf64_Shdr); };
  Elf64_Shdr names;
  std::memcpy(&names, whole.data() + place(header.e_shstrndx), sizeof names);
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    std::memcpy(&section, whole.data() + place(i), sizeof section);
    if (whole.c_str() + names.sh_offset + section.sh_name != name) continue;
    section.sh_offset = whole.size();
    section.sh_size = size;
    std::memcpy(whole.data() + place(i), &section, sizeof section);
    return whole + bytes + std::string(size - std::min(size, bytes.size()), '\0');
  }
  ADD_FAILURE() << "no section " << name;
  return whole;
}

TEST(PluginNoteTest, NoBytesOfAFileReachTheTerminal) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "x.so";
  const std::string whole = read_text(BAD_FOLDER "/good/good.so");
  const std::string own_tag = abi_tag<PluginKind::ordering_policy>.data();
  const auto with_tag = [&](const std::string& tag, std::size_t size = sizeof(AbiTag)) {
    write_text(file, with_section(whole, ".tellina_tag", tag, size));
    return read(file);
  };
  const auto with_name = [&](const std::string& name, std::size_t size = sizeof(PluginNameNote)) {
    write_text(file, with_section(whole, ".tellina_name", name, size));
    return read(file);
  };
  EXPECT_EQ(with_tag(own_tag), "altered");
  EXPECT_EQ(with_name("other"), "other");
  EXPECT_EQ(with_name(std::string(127, 'n')), std::string(127, 'n'));
  EXPECT_THAT(with_tag("tellina-9.9/a"), HasSubstr("found \"tellina-9.9/a\": build the plugin"));

  const auto refusal = [&](const std::string& what) {
    return file.string() + ": expected " + what +
           " printable bytes, found another text: build the plugin again with this program's SDK";
  };
  const std::string of_a_tag = refusal("an ABI tag of at most 159");
  const std::string of_a_name = refusal("a name of at most 127");
  for (const char* odd : {"\x1b]0;title\a", "a\nb", "a\rb", "\x7f", "\xc2\x9b[2J", "\xff", "\xe2\x80\xae."}) {
    EXPECT_EQ(with_tag(odd), of_a_tag);
    EXPECT_EQ(with_tag(std::string("tellina-9.9/") + odd), of_a_tag);
    EXPECT_EQ(with_name(odd), of_a_name);
  }
  for (const std::size_t size : {160, 32 * 1024 * 1024}) {
    EXPECT_EQ(with_tag(std::string(size, 'a'), size), of_a_tag) << size;
    EXPECT_EQ(with_name(std::string(size, 'a'), size), of_a_name) << size;
  }
  EXPECT_EQ(with_name(std::string(128, 'a')), of_a_name);
}

TEST(PluginNoteTest, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  write_text(folder.path() / "empty.so", "");
  EXPECT_THAT(read(folder.path() / "empty.so"), HasSubstr("found another kind of file"));
  ASSERT_EQ(mkfifo((folder.path() / "fifo.so").c_str(), 0600), 0);
  EXPECT_THAT(read(folder.path() / "fifo.so"), HasSubstr("found something that is not a regular file"));
}

const std::string own = abi_tag<PluginKind::sandbox>.data();

std::string remedy_of(const std::string& tag) {
  try {
    check_abi_tag("x.so", tag);
    return "none";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::incompatible);
    const std::string start =
        "x.so: expected the ABI tag \"" + own + "\" of this program, found \"" + tag + "\": build the plugin ";
    const std::string what = error.what();
    return what.starts_with(start) ? what.substr(start.size()) : what;
  }
}

/// This program's tag with another part.
std::string with(std::string part, const std::string& other) {
  std::string tag = own;
  const std::size_t at = tag.find("/" + part);
  EXPECT_NE(at, std::string::npos) << part;
  return tag.replace(at + 1, part.size(), other);
}

TEST(PluginNoteTest, TheMessageNamesTheRemedyForEachPart) {
  EXPECT_EQ(remedy_of(own), "none");
  const std::string sdk = own.substr(0, own.find('/'));
  EXPECT_EQ(remedy_of("tellina-9.9" + own.substr(sdk.size())),
            "with the SDK of this program (" + sdk + "), not of another version (tellina-9.9)");
  EXPECT_EQ(remedy_of(with("libstdc++6-cxx11", "libc++1")), "with -stdlib=libstdc++");
  EXPECT_EQ(remedy_of(with("libstdc++6-cxx11", "libstdc++6-cxx98")), "without -D_GLIBCXX_USE_CXX11_ABI=0");
  EXPECT_EQ(remedy_of(with("libstdc++6-cxx11", "libstdc++8")),
            "with the standard library of this program (libstdc++6-cxx11), not with libstdc++8");
  EXPECT_EQ(remedy_of(with("no-debug", "debug")), "without -D_GLIBCXX_DEBUG");
  EXPECT_EQ(remedy_of(with("rtti", "no-rtti")), "without -fno-rtti");
  EXPECT_EQ(remedy_of(with("exceptions", "no-exceptions")), "without -fno-exceptions");
  EXPECT_EQ(remedy_of(with("rtti/exceptions", "no-rtti/no-exceptions")),
            "without -fno-rtti; build the plugin without -fno-exceptions");
  EXPECT_THAT(check_abi_tag("x.so", abi_tag<PluginKind::ordering_policy>.data()), PluginKind::ordering_policy);
}

TEST(PluginNoteTest, OtherLayoutsAreNamed) {
  std::string tag = own;
  tag.back() = tag.back() == '0' ? '1' : '0';
  try {
    check_abi_tag("x.so", tag);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the classes of the SDK have other layouts in it"));
  }
}

}  // namespace
}  // namespace tellina::testing
