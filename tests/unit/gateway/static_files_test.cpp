#include "host/gateway/static_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>

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

TEST_F(StaticFilesTest, ServesAFileWithItsTypeAndTag) {
  StaticFiles files(m_root.string());
  const auto file = files.find("html/index.html");
  ASSERT_TRUE(file);
  EXPECT_EQ(*file->content, "<p>hello</p>");
  EXPECT_EQ(file->content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(file->etag.starts_with('"') && file->etag.ends_with('"'));
  EXPECT_FALSE(file->gzip) << "12 bytes do not get smaller";
  EXPECT_EQ(files.find("html/index.html"), file) << "cached";
}

TEST_F(StaticFilesTest, KnowsTheTypesOfAFrontEnd) {
  StaticFiles files(m_root.string());
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
  for (const auto& [name, type] : types) {
    write(name, "x");
    ASSERT_TRUE(files.find(name)) << name;
    EXPECT_EQ(files.find(name)->content_type, type);
  }
}

TEST_F(StaticFilesTest, CompressesTextWhereItPays) {
  const std::string content(20'000, 'a');
  write("big.js", content);
  write("big.png", content);
  StaticFiles files(m_root.string());
  const auto script = files.find("big.js");
  ASSERT_TRUE(script && script->gzip);
  EXPECT_LT(script->gzip->size(), 1000U);
  EXPECT_EQ(gunzip(*script->gzip, content.size()), content);
  EXPECT_NE(script->gzip_etag, script->etag);
  EXPECT_FALSE(files.find("big.png")->gzip);
}

TEST_F(StaticFilesTest, NoticesAChange) {
  StaticFiles files(m_root.string());
  const std::string before = files.find("html/index.html")->etag;
  write("html/index.html", "<p>hello again</p>");
  EXPECT_EQ(*files.find("html/index.html")->content, "<p>hello again</p>");
  EXPECT_NE(files.find("html/index.html")->etag, before);
  fs::remove(m_root / "html/index.html");
  EXPECT_FALSE(files.find("html/index.html"));
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
    EXPECT_FALSE(files.find(path)) << path;
  }
  EXPECT_FALSE(files.find(std::string("html/index.html\0.png", 20)));
  EXPECT_TRUE(files.find("inside.html"));
}

TEST_F(StaticFilesTest, IsNotFooledByANeighbourWithTheSamePrefix) {
  fs::create_directories(m_folder / "static_other");
  std::ofstream(m_folder / "static_other" / "x.txt") << "secret";
  fs::create_symlink(m_folder / "static_other" / "x.txt", m_root / "x.txt");
  StaticFiles files(m_root.string());
  EXPECT_FALSE(files.find("x.txt"));
}

TEST_F(StaticFilesTest, NeedsAFolder) { EXPECT_THROW(StaticFiles((m_root / "none").string()), Error); }

}  // namespace
}  // namespace tellina
