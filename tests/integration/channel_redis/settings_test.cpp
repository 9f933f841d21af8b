#include "redis_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class RedisSettingsTest : public RedisLayerTest {
 protected:
  std::string refusal_of_url(const std::string& url) { return refusal_of(Section().text("url", url)); }
};

TEST_F(RedisSettingsTest, AcceptsEveryValidUrlWithoutUsingTheNetwork) {
  for (const char* url :
       {"redis://127.0.0.1", "redis://127.0.0.1/", "redis://localhost:1", "redis://localhost:65535/15",
        "redis://[::1]:6379/0", "redis://:secret@example.invalid:6380/2", "redis://user:p%40ss%2Fword@127.0.0.1:6379/0",
        "unix:///run/redis.sock", "unix://:secret@/run/redis.sock", "unix:///with%20space"}) {
    EXPECT_EQ(refusal_of_url(url), "made") << url;
  }
  EXPECT_FALSE(make_from(Config())->is_process_local());
  EXPECT_EQ(whole_log(), "");
}

TEST_F(RedisSettingsTest, RefusesTlsAndSaysWhatToDo) {
  EXPECT_EQ(
      refusal_of_url("rediss://127.0.0.1:6379/0"),
      "config: url: \"rediss://\" means TLS, which this plugin does not support; use \"redis://\" to the local end "
      "of a tunnel (stunnel, ssh -L, WireGuard) to the Redis server");
}

TEST_F(RedisSettingsTest, RefusesBadUrls) {
  const std::map<std::string, std::string> refusals{
      {"", "expected \"redis://HOST:PORT/DATABASE\" or \"unix:///PATH\", got a text without \"://\""},
      {"127.0.0.1:6379", "expected \"redis://HOST:PORT/DATABASE\" or \"unix:///PATH\", got a text without \"://\""},
      {"http://127.0.0.1", "expected \"redis://\" or \"unix://\", got \"http://\""},
      {"REDIS://127.0.0.1", "expected \"redis://\" or \"unix://\", got \"REDIS://\""},
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
  EXPECT_EQ(refusal_of(Section().number("capacity", 0)),
            "config: capacity: expected a whole number from 1 to 1000000, got 0");
  EXPECT_EQ(refusal_of(Section().number("capacity", 1'000'001)),
            "config: capacity: expected a whole number from 1 to 1000000, got 1000001");
  EXPECT_EQ(refusal_of(Section().number("expiry", 0)),
            "config: expiry: expected a whole number from 1 to 86400, got 0");
  EXPECT_EQ(refusal_of(Section().text("expiry", "60")), "config: expiry: expected a whole number, got \"60\"");
  EXPECT_EQ(refusal_of(Section().number("url", 1)), "config: url: expected a string, got 1");
  EXPECT_EQ(refusal_of(Section().text("prefix", "")),
            "config: prefix: expected 1 to 100 letters, digits, '_', '.', ':' and '-', got \"\"");
  EXPECT_EQ(refusal_of(Section().text("prefix", "a b")),
            "config: prefix: expected 1 to 100 letters, digits, '_', '.', ':' and '-', got \"a b\"");
}

}  // namespace
}  // namespace tellina::testing
