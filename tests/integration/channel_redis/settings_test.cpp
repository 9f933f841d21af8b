#include "redis_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class RedisSettingsTest : public RedisLayerTest {
 protected:
  std::string refusal_of_url(const std::string& url) {
    return refusal_of(Section().text("url", url).flag("i_know_anyone_can_type", true));
  }
};

TEST_F(RedisSettingsTest, AcceptsEveryValidUrlWithoutUsingTheNetwork) {
  for (const char* url :
       {"redis://127.0.0.1", "redis://127.0.0.1/", "redis://localhost:1", "redis://localhost:65535/15",
        "redis://[::1]:6379/0", "redis://:secret@example.invalid:6380/2", "redis://user:p%40ss%2Fword@127.0.0.1:6379/0",
        "rediss://:secret@example.invalid:6380/2", "unix:///run/redis.sock", "unix://:secret@/run/redis.sock",
        "unix:///with%20space"}) {
    EXPECT_EQ(refusal_of_url(url), "made") << url;
  }
  EXPECT_FALSE(make_from(Section().flag("i_know_anyone_can_type", true).config())->is_process_local());
  EXPECT_EQ(whole_log(), "");
}

TEST_F(RedisSettingsTest, RefusesAServerIntoWhichAnyoneCanType) {
  const std::string end =
      ": everyone who can connect to redis://127.0.0.1:6379/0 could read what participants type, and type into their "
      "terminals; set \"requirepass\" in redis.conf and the password here, or accept this with "
      "\"i_know_anyone_can_type\": true";
  const std::string expected =
      "expected a password in \"url\" (\"redis://:PASSWORD@HOST\"), or a socket (\"unix:///PATH\"), got ";
  EXPECT_EQ(refusal_of(Section()), "config: " + expected + "no \"url\"" + end);
  for (const char* url : {"redis://127.0.0.1", "redis://127.0.0.1:6379/0"}) {
    EXPECT_EQ(refusal_of(Section().text("url", url)), "config: url: " + expected + "neither" + end) << url;
    EXPECT_EQ(refusal_of(Section().text("url", url).flag("i_know_anyone_can_type", false)),
              "config: url: " + expected + "neither" + end);
    EXPECT_EQ(refusal_of(Section().text("url", url).flag("i_know_anyone_can_type", true)), "made");
  }
  for (const char* url : {"redis://localhost", "redis://[::1]:6379/0", "redis://10.0.0.1"}) {
    EXPECT_THAT(refusal_of(Section().text("url", url)), HasSubstr("everyone who can connect to")) << url;
  }
  for (const char* url : {"unix:///run/redis.sock", "redis://:x@127.0.0.1", "redis://a:x@10.0.0.1", "unix://:x@/r"}) {
    EXPECT_EQ(refusal_of(Section().text("url", url)), "made") << url;
  }
}

TEST_F(RedisSettingsTest, RefusesBadUrls) {
  const std::map<std::string, std::string> refusals{
      {"", "expected \"redis://HOST:PORT/DATABASE\" or \"unix:///PATH\", got a text without \"://\""},
      {"127.0.0.1:6379", "expected \"redis://HOST:PORT/DATABASE\" or \"unix:///PATH\", got a text without \"://\""},
      {"http://127.0.0.1", "expected \"redis://\", \"rediss://\" or \"unix://\", got \"http://\""},
      {"REDIS://127.0.0.1", "expected \"redis://\", \"rediss://\" or \"unix://\", got \"REDIS://\""},
      {"redis://", "expected a host, got none; for this machine write \"redis://127.0.0.1\""},
      {"redis://:6379", "expected a host, got none; for this machine write \"redis://127.0.0.1\""},
      {"redis://h:", "expected a port from 1 to 65535, got \"\""},
      {"redis://h:0", "expected a port from 1 to 65535, got \"0\""},
      {"redis://h:65536", "expected a port from 1 to 65535, got \"65536\""},
      {"redis://h:12a", "expected a port from 1 to 65535, got \"12a\""},
      {"redis://h:-1", "expected a port from 1 to 65535, got \"-1\""},
      {"redis://::1", "expected an IPv6 address in brackets, such as \"[::1]\", got \"::1\""},
      {"redis://[::1", "expected \"[IPV6 ADDRESS]\", got no ']'"},
      {"redis://[::1]6379", "expected \":PORT\" after the ']', got \"6379\""},
      {"redis://h/x", "expected a database number after the host, such as \"/0\", got \"x\""},
      {"redis://h/-1", "expected a database number after the host, such as \"/0\", got \"-1\""},
      {"redis://h/1/2", "expected a database number after the host, such as \"/0\", got \"1/2\""},
      {"redis://h/1000001", "expected a database number after the host, such as \"/0\", got \"1000001\""},
      {"redis://h/0?db=1", "expected nothing after the database number, got \"?db=1\""},
      {"redis://secret@h", "expected \":PASSWORD\" or \"USER:PASSWORD\" before the '@', got no ':'"},
      {"redis://user:@h", "expected a password between ':' and '@', got none"},
      {"redis://:a%2@h",
       "expected two hexadecimal digits after each '%' of the password, got something else; a '%' "
       "itself is written \"%25\""},
      {"redis://:a%zz@h",
       "expected two hexadecimal digits after each '%' of the password, got something else; a '%' "
       "itself is written \"%25\""},
      {"redis://:a%00@h", "expected no NUL in the password, got \"%00\""},
      {"unix://redis.sock", "expected an absolute path, such as \"unix:///run/redis/redis.sock\", got \"redis.sock\""},
      {"unix:///", "expected an absolute path, such as \"unix:///run/redis/redis.sock\", got \"/\""},
      {"unix:///" + std::string(107, 'x'), "expected a path of at most 107 bytes, the system's limit, got 108"},
  };
  for (const auto& [url, refusal] : refusals) EXPECT_EQ(refusal_of_url(url), "config: url: " + refusal) << url;
}

TEST_F(RedisSettingsTest, RefusesOtherKeysOutOfTheirRanges) {
  EXPECT_EQ(refusal_of(Section().flag("i_know_anyone_can_type", true).number("capacity", 0)),
            "config: capacity: expected a whole number from 1 to 1000000, got 0");
  EXPECT_EQ(refusal_of(Section().flag("i_know_anyone_can_type", true).number("capacity", 1'000'001)),
            "config: capacity: expected a whole number from 1 to 1000000, got 1000001");
  EXPECT_EQ(refusal_of(Section().flag("i_know_anyone_can_type", true).number("expiry", 0)),
            "config: expiry: expected a whole number from 1 to 86400, got 0");
  EXPECT_EQ(refusal_of(Section().flag("i_know_anyone_can_type", true).text("expiry", "60")),
            "config: expiry: expected a whole number, got \"60\"");
  EXPECT_EQ(refusal_of(Section().number("url", 1)), "config: url: expected a string, got 1");
  EXPECT_EQ(refusal_of(Section().flag("i_know_anyone_can_type", true).text("prefix", "")),
            "config: prefix: expected 1 to 100 letters, digits, '_', '.', ':' and '-', got \"\"");
  EXPECT_EQ(refusal_of(Section().flag("i_know_anyone_can_type", true).text("prefix", "a b")),
            "config: prefix: expected 1 to 100 letters, digits, '_', '.', ':' and '-', got \"a b\"");
}

TEST_F(RedisSettingsTest, RefusesAnAuthorityThatItCannotUse) {
  EXPECT_EQ(refusal_of(Section().text("url", "redis://:x@h").text("ca_file", "/etc/passwd")),
            "config: ca_file: expected it only with a \"url\" that begins with \"rediss://\"");
  EXPECT_EQ(refusal_of(Section().text("url", "rediss://:x@h").text("ca_file", "/nowhere/ca.pem")),
            "config: ca_file: cannot read /nowhere/ca.pem: No such file or directory");
}

}  // namespace
}  // namespace tellina::testing
