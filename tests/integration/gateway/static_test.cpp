#include <gtest/gtest.h>

#include <fstream>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"

namespace tellina::testing {
namespace {

class StaticTest : public GatewayTest {
 protected:
  StaticTest() {
    std::ofstream(folder / "static" / "big.mjs") << std::string(50'000, 'x');
    std::ofstream(folder / "static" / "html" / "other.html") << R"(<script src="../big.mjs"></script>)";
    std::ofstream(folder / "secret.txt") << "secret";
    std::filesystem::create_symlink(folder / "secret.txt", folder / "static" / "leak.txt");
    start();
  }
};

TEST_F(StaticTest, ServesAPageWithItsPolicy) {
  RawClient client(port);
  const RawAnswer page = client.get("/static/html/index.html");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page["content-type"], "text/html; charset=utf-8");
  EXPECT_EQ(page["cache-control"], "no-cache");
  EXPECT_EQ(page["content-security-policy"],
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
            "img-src 'self'; font-src 'self'");
  EXPECT_EQ(page.body, "<!DOCTYPE html><title>study</title>");
}

TEST_F(StaticTest, ReadsCompressesAndHashesEveryFileBeforeItListens) {
  std::filesystem::remove_all(folder / "static");
  RawClient client(port);
  EXPECT_EQ(client.get("/static/html/index.html").body, "<!DOCTYPE html><title>study</title>");
  const RawAnswer compressed = client.get("/static/big.mjs", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(compressed.status, 200);
  EXPECT_EQ(compressed["content-encoding"], "gzip");
  EXPECT_NE(compressed["etag"], "");
}

TEST_F(StaticTest, SendsNothingThatTheBrowserAlreadyHas) {
  RawClient client(port);
  const std::string etag = client.get("/static/big.mjs")["etag"];
  const RawAnswer same = client.get("/static/big.mjs", "If-None-Match: \"old\", " + etag + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same["etag"], etag);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(client.get("/static/big.mjs", "If-None-Match: \"old\"\r\n").status, 200);
}

TEST_F(StaticTest, LetsTheBrowserCacheVersionedFiles) {
  RawClient client(port);
  const std::string page = client.get("/static/html/other.html").body;
  const std::string address =
      "/static" + page.substr(page.find("/v-"), std::string("/v-0123456789abcdef/big.mjs").size());
  const RawAnswer fixed = client.get(address);
  EXPECT_EQ(fixed.status, 200) << address;
  EXPECT_EQ(fixed["cache-control"], "public, max-age=31536000, immutable");
  EXPECT_EQ(fixed["content-type"], "text/javascript; charset=utf-8");
  EXPECT_EQ(fixed.body.size(), 50'000U);
  const RawAnswer old = client.get("/static/v-0123456789abcdef/big.mjs");
  EXPECT_EQ(old.status, 200) << "a page that was loaded before the server was replaced refers to it";
  EXPECT_EQ(old["cache-control"], "no-cache");
  EXPECT_EQ(client.get("/static/html/other.html")["cache-control"], "no-cache");
}

TEST_F(StaticTest, CompressesIfTheClientAcceptsIt) {
  RawClient client(port);
  const RawAnswer plain = client.get("/static/big.mjs");
  const RawAnswer compressed = client.get("/static/big.mjs", "Accept-Encoding: gzip, br\r\n");
  EXPECT_EQ(plain["content-encoding"], "");
  EXPECT_EQ(plain.body.size(), 50'000U);
  EXPECT_EQ(compressed["content-encoding"], "gzip");
  EXPECT_LT(compressed.body.size(), 1000U);
  EXPECT_NE(compressed["etag"], plain["etag"]);
  for (const RawAnswer& answer : {plain, compressed}) EXPECT_EQ(answer["vary"], "Accept-Encoding");
  EXPECT_EQ(client.request("HEAD", "/static/big.mjs", "Accept-Encoding: gzip\r\n")["content-length"],
            std::to_string(compressed.body.size()));
}

TEST_F(StaticTest, NeverLeavesItsFolder) {
  RawClient client(port);
  for (const char* path : {"/static/../secret.txt", "/static/html/../../secret.txt", "/static/%2e%2e/secret.txt",
                           "/static/..%2fsecret.txt", "/static//etc/passwd", "/static/leak.txt", "/static/html"}) {
    EXPECT_EQ(client.get(path).status, 404) << path;
  }
}

}  // namespace
}  // namespace tellina::testing
