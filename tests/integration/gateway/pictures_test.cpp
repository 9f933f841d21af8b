#include <gtest/gtest.h>

#include "gateway/gateway_fixture.hpp"
#include "gateway/raw_client.hpp"

namespace tellina::testing {
namespace {

const std::string hash(limits::picture_hash, 'a');
const std::string other_hash(limits::picture_hash, 'b');

Picture picture(const std::string& its_hash, const std::string& name, const std::string& content) {
  return {its_hash, name, "image/png", std::make_shared<const std::string>(content)};
}

class PicturesTest : public GatewayTest {
 protected:
  PicturesTest() { config.pictures = {picture(hash, "a map.png", "one"), picture(other_hash, "b.png", "two")}; }

  RawAnswer get(const std::string& path, const std::string& header_lines = {}) const {
    RawClient client(port);
    return client.get(path, header_lines);
  }
};

TEST_F(PicturesTest, ServesAPictureWithoutALogin) {
  start();
  const RawAnswer answer = get("/study/" + hash + "/a%20map.png");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "one");
  EXPECT_EQ(answer["content-type"], "image/png");
  EXPECT_EQ(answer["content-length"], "3");
  EXPECT_EQ(answer["cache-control"], "public, max-age=31536000, immutable");
  EXPECT_EQ(answer["x-content-type-options"], "nosniff");
  EXPECT_EQ(answer["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
  EXPECT_EQ(answer["cross-origin-resource-policy"], "same-origin");
  EXPECT_EQ(answer["etag"], "\"" + hash + "\"");
  EXPECT_EQ(get("/study/" + other_hash + "/b.png").body, "two");
}

TEST_F(PicturesTest, SendsNoContentForHeadOrToABrowserThatHasIt) {
  start();
  const std::string path = "/study/" + hash + "/a%20map.png";
  RawClient client(port);
  client.send_request("HEAD", path);
  const RawAnswer head = client.read_answer(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head["content-length"], "3");
  const RawAnswer same = client.get(path, "If-None-Match: \"x\", \"" + hash + "\"\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same["etag"], "\"" + hash + "\"");
  EXPECT_EQ(same["cache-control"], "public, max-age=31536000, immutable");
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(client.get(path, "If-None-Match: \"x\"\r\n").status, 200);
  const RawAnswer post = client.request("POST", path, "Content-Length: 0\r\n");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post["allow"], "GET, HEAD");
}

TEST_F(PicturesTest, HasNothingAtAnyOtherAddress) {
  start();
  const std::string upper(limits::picture_hash, 'A');
  for (const std::string& path : std::vector<std::string>{"/study",
                                                          "/study/",
                                                          "/study/" + hash,
                                                          "/study/" + hash + "/",
                                                          "/study/" + hash + "/b.png",
                                                          "/study/" + std::string(limits::picture_hash, 'c') + "/b.png",
                                                          "/study/" + upper + "/a%20map.png",
                                                          "/study/" + hash.substr(1) + "/a%20map.png",
                                                          "/study/" + hash + "a/a%20map.png",
                                                          "/study/" + hash + "/a%20map.png/",
                                                          "/study/" + hash + "/a+map.png",
                                                          "/study/" + hash + "//a%20map.png",
                                                          "/study/" + hash + "/./a%20map.png",
                                                          "/study/" + hash + "/../" + hash + "/a%20map.png",
                                                          "/study/../study/" + hash + "/a%20map.png",
                                                          "/study/" + hash + "%2Fa%20map.png/x",
                                                          "/study/" + hash + "/..%2f..%2fstatic%2fhtml%2findex.html",
                                                          "/study/" + hash + "/../../static/html/index.html",
                                                          "/static/study/" + hash + "/a%20map.png",
                                                          "/study/" + hash + "/../../../etc/passwd"}) {
    const RawAnswer answer = get(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer["cache-control"], "no-store") << path;
  }
}

/// A proxy may keep the base path or remove it, also if it is "/study".
TEST_F(PicturesTest, ServesPicturesBelowTheBasePath) {
  for (const char* base : {"/study", "/lab", "/lab/study"}) {
    config.base_path = base;
    start();
    const std::string path = "/study/" + hash + "/a%20map.png";
    EXPECT_EQ(get(base + path).body, "one") << base;
    EXPECT_EQ(get(path).body, "one") << base;
    EXPECT_EQ(get("/other" + path).status, 404) << base;
    EXPECT_EQ(get(std::string(base) + "/static/html/index.html").status, 200) << base;
    stop();
  }
}

TEST_F(PicturesTest, KeepsThePicturesOfBeforeAReload) {
  start();
  const std::string new_hash(limits::picture_hash, 'd');
  EXPECT_EQ(get("/study/" + new_hash + "/a%20map.png").status, 404);
  gateway->use_pictures({picture(new_hash, "a map.png", "three")});
  EXPECT_EQ(get("/study/" + new_hash + "/a%20map.png").body, "three");
  EXPECT_EQ(get("/study/" + hash + "/a%20map.png").body, "one");
}

TEST_F(PicturesTest, AClientMayTakeLongerForALongPicture) {
  const std::string content(limits::picture_file, 'x');
  config.pictures = {picture(hash, "a.png", content)};
  config.limits.write_timeout = std::chrono::milliseconds::zero();
  start();
  RawClient client(port, 4096);
  EXPECT_EQ(client.get("/study/" + hash + "/a.png").body.size(), content.size());
}

}  // namespace
}  // namespace tellina::testing
