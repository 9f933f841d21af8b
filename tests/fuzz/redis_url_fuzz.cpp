/// The "url" of the channel layer "redis" gives an address or an error, and neither shows the password.

#include "fuzz/texts.hpp"
#include "host/config/json_writer.hpp"
#include "plugins/channel_redis/url.hpp"

namespace tellina::fuzz {
namespace {

using redis::Address;

const std::string secret = "hunter2";

Texts texts() {
  return Texts({"redis://127.0.0.1", "redis://host:6380/3", "redis://bob@host", "redis://[::1]:1/0",
                "unix:///run/redis.sock", "redis://a%20b:c%2Fd@host:65535/15", "rediss://host"},
               {"redis://",
                "unix://",
                "://",
                ":",
                "@",
                "/",
                "[",
                "]",
                "%",
                "%00",
                "%4",
                "%41",
                "?",
                "#",
                "0",
                "65536",
                "-1",
                "99999999999999999999",
                "\xff",
                std::string(1, '\0'),
                std::string(120, 'p')});
}

std::string percent_encoded(const std::string& text) {
  std::string result;
  for (const char c : text) {
    char octet[4];
    std::snprintf(octet, sizeof octet, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    result += octet;
  }
  return result;
}

TEST(RedisUrl, IsAnAddressOrAnErrorWithoutThePassword) {
  Texts some = texts();
  std::size_t good = 0;
  for (int left = Texts::rounds(40'000); left > 0; --left) {
    std::string text = some.next();
    const std::size_t place = text.find("://");
    if (place != std::string::npos) text.insert(place + 3, "bob:" + secret + "@");
    try {
      const Address address = redis::read_url(make_string(text));
      ++good;
      EXPECT_EQ(address.text().find(secret), std::string::npos) << shown(text);
      EXPECT_NE(address.host.empty(), address.path.empty()) << shown(text);
      EXPECT_NE(address.port, 0) << shown(text);
    } catch (const ConfigError& error) {
      EXPECT_EQ(std::string_view(error.what()).find(secret), std::string_view::npos)
          << error.what() << " of " << shown(text);
    }
  }
  EXPECT_GT(good, 100U) << "the texts are too far from addresses to test anything";
}

TEST(RedisUrl, PreservesEveryPart) {
  Texts some = texts();
  const auto octets_but_nul = [&](std::size_t longest) {
    std::string text = some.octets(longest);
    for (char& c : text) c = c == '\0' ? '0' : c;
    return text + "x";
  };
  for (int left = Texts::rounds(5'000); left > 0; --left) {
    const std::string user = octets_but_nul(10);
    const std::string password = octets_but_nul(10);
    const std::size_t port = some.number(1, 65535);
    const std::size_t database = some.number(0, 1'000'000);
    const std::string text = "redis://" + percent_encoded(user) + ":" + percent_encoded(password) +
                             "@[::1]:" + std::to_string(port) + "/" + std::to_string(database);
    const Address address = redis::read_url(make_string(text));
    EXPECT_EQ(address.user, user);
    EXPECT_EQ(address.password, password);
    EXPECT_EQ(address.host, "::1");
    EXPECT_EQ(address.port, port);
    EXPECT_EQ(address.database, static_cast<int>(database));
    const std::string path = "/" + octets_but_nul(100);
    EXPECT_EQ(redis::read_url(make_string("unix://" + percent_encoded(user) + ":" + percent_encoded(password) + "@/" +
                                          percent_encoded(path.substr(1))))
                  .path,
              path);
  }
}

}  // namespace
}  // namespace tellina::fuzz
