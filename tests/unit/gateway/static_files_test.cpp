#include "host/gateway/static_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "tellina/error.hpp"

namespace tellina {
namespace {

namespace fs = std::filesystem;

std::string gunzip(const std::string& compressed, std::size_t size) {
  std::string content(size + 1, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(content.data());
  stream.avail_out = static_cast<uInt>(content.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  content.resize(stream.total_out);
  inflateEnd(&stream);
  return content;
}

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    std::string pattern = (fs::temp_directory_path() / "static_files_XXXXXX").string();
    m_folder = ::mkdtemp(pattern.data());
    m_root = m_folder / "static";
    fs::create_directories(m_root / "html");
    write("html/index.html", "<p>hello</p>");
    std::ofstream(m_folder / "secret.txt") << "secret";
  }
  ~StaticFilesTest() override { fs::remove_all(m_folder); }

  void write(const std::string& path, const std::string& content) {
    std::ofstream(m_root / path, std::ios::binary) << content;
  }

  fs::path m_folder;
  fs::path m_root;
};

TEST_F(StaticFilesTest, ThePageOfTheOpenLinkFindsItsPartsFromAboveTheFolder) {
  write("html/index.html", R"(<script src="../js/main.js"></script><a href="../x">)");
  const StaticFiles files(m_root.string());
  ASSERT_TRUE(files.join_page());
  EXPECT_EQ(*files.join_page()->content, "<script src=\"static/" + files.version() +
                                             "/js/main.js\"></script><a href=\"static/" + files.version() + "/x\">");
  EXPECT_EQ(files.join_page()->content_type, "text/html; charset=utf-8");
  EXPECT_NE(files.join_page()->etag, files.find("html/index.html").file->etag);
  fs::remove(m_root / "html/index.html");
  EXPECT_FALSE(StaticFiles(m_root.string()).join_page());
}

TEST_F(StaticFilesTest, ServesAFileWithItsTypeAndTag) {
  StaticFiles files(m_root.string());
  const auto file = files.find("html/index.html").file;
  ASSERT_TRUE(file);
  EXPECT_EQ(*file->content, "<p>hello</p>");
  EXPECT_EQ(file->content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(file->etag.starts_with('"') && file->etag.ends_with('"'));
  EXPECT_FALSE(file->gzip) << "12 bytes do not get smaller";
  EXPECT_FALSE(files.find("html/index.html").never_changes);
}

TEST_F(StaticFilesTest, KnowsTheTypesOfAFrontEnd) {
  const std::vector<std::pair<std::string, std::string>> types{
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.mjs", "text/javascript; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.json", "application/json"},
      {"a.svg", "image/svg+xml"},
      {"a.png", "image/png"},
      {"a.ico", "image/x-icon"},
      {"a.woff2", "font/woff2"},
      {"a.map", "application/json"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"a.wasm", "application/wasm"},
      {"a.strange", "application/octet-stream"},
  };
  for (const auto& [name, type] : types) write(name, "x");
  StaticFiles files(m_root.string());
  for (const auto& [name, type] : types) {
    ASSERT_TRUE(files.find(name).file) << name;
    EXPECT_EQ(files.find(name).file->content_type, type);
  }
}

TEST_F(StaticFilesTest, CompressesTextIfThatSavesBytes) {
  const std::string content(20'000, 'a');
  write("big.js", content);
  write("big.png", content);
  StaticFiles files(m_root.string());
  const auto script = files.find("big.js").file;
  ASSERT_TRUE(script && script->gzip);
  EXPECT_LT(script->gzip->size(), 1000U);
  EXPECT_EQ(gunzip(*script->gzip, content.size()), content);
  EXPECT_NE(script->gzip_etag, script->etag);
  EXPECT_FALSE(files.find("big.png").file->gzip);
}

TEST_F(StaticFilesTest, ServesWhatItReadAtTheStart) {
  StaticFiles files(m_root.string());
  write("html/index.html", "<p>hello again</p>");
  EXPECT_EQ(*files.find("html/index.html").file->content, "<p>hello</p>");
  fs::remove(m_root / "html/index.html");
  EXPECT_TRUE(files.find("html/index.html").file);
}

TEST_F(StaticFilesTest, GivesEachFileAnAddressThatChangesWithTheContentOfAny) {
  fs::create_directories(m_root / "js");
  write("js/main.js", "import './part.js'");
  write("js/part.js", "1");
  const StaticFiles files(m_root.string());
  const std::string version = files.version();
  EXPECT_TRUE(std::regex_match(version, std::regex("v-[0-9a-f]{16}"))) << version;
  const auto found = files.find(version + "/js/main.js");
  EXPECT_EQ(found.file, files.find("js/main.js").file);
  EXPECT_TRUE(found.never_changes);
  EXPECT_FALSE(files.find("js/main.js").never_changes);
  EXPECT_EQ(StaticFiles(m_root.string()).version(), version) << "every gateway has the same";

  write("html/index.html", "<p>new</p>");
  EXPECT_EQ(StaticFiles(m_root.string()).version(), version) << "the address of a page does not contain the version";
  write("js/part.js", "2");
  const StaticFiles changed(m_root.string());
  EXPECT_NE(changed.version(), version);
  EXPECT_TRUE(changed.find(version + "/js/main.js").file) << "a page that was loaded before the change refers to it";
  EXPECT_FALSE(changed.find(version + "/js/main.js").never_changes);
  fs::rename(m_root / "js/part.js", m_root / "js/other.js");
  EXPECT_NE(StaticFiles(m_root.string()).version(), changed.version());
}

TEST_F(StaticFilesTest, LetsAPageReferToVersionedFiles) {
  write("html/index.html",
        R"(<link href="../css/a.css"><script src="../js/b.js"></script><a href="https://c/../d">..</a>)");
  const StaticFiles files(m_root.string());
  const std::string& version = files.version();
  EXPECT_EQ(*files.find("html/index.html").file->content, "<link href=\"../" + version +
                                                              "/css/a.css\"><script src=\"../" + version +
                                                              "/js/b.js\"></script><a href=\"https://c/../d\">..</a>");
  EXPECT_FALSE(files.find(version + "/html/index.html").file) << "its references would lead to nothing";
  for (const std::string& path :
       {version, version + "/", version + "/" + version + "/html/index.html", std::string("v-12/html/index.html")}) {
    EXPECT_FALSE(files.find(path).file) << path;
  }
}

TEST_F(StaticFilesTest, NeverLeavesTheFolder) {
  fs::create_symlink(m_folder / "secret.txt", m_root / "leak.txt");
  fs::create_directory_symlink(m_folder, m_root / "up");
  fs::create_symlink("html/index.html", m_root / "inside.html");
  write(".hidden", "x");
  StaticFiles files(m_root.string());
  for (const std::string path :
       {"../secret.txt", "html/../../secret.txt", "/etc/passwd", "leak.txt", "up/secret.txt", ".hidden", "html",
        "html/", "", "html//index.html", "./html/index.html", "nothing.txt"}) {
    EXPECT_FALSE(files.find(path).file) << path;
  }
  EXPECT_FALSE(files.find(std::string("html/index.html\0.png", 20)).file);
  EXPECT_TRUE(files.find("inside.html").file);
}

TEST_F(StaticFilesTest, IsNotFooledByANeighbourWithTheSamePrefix) {
  fs::create_directories(m_folder / "static_other");
  std::ofstream(m_folder / "static_other" / "x.txt") << "secret";
  fs::create_symlink(m_folder / "static_other" / "x.txt", m_root / "x.txt");
  StaticFiles files(m_root.string());
  EXPECT_FALSE(files.find("x.txt").file);
}

TEST_F(StaticFilesTest, NeedsAFolder) { EXPECT_THROW(StaticFiles((m_root / "none").string()), Error); }

}  // namespace
}  // namespace tellina
