/// X-Forwarded-For behind a trusted proxy: no client can change the address that the proxy reports.

#include "fuzz/texts.hpp"
#include "host/gateway/client_address.hpp"

namespace tellina::fuzz {
namespace {

namespace ip = boost::asio::ip;

const ip::address proxy = ip::make_address("127.0.0.1");
const TrustedProxies proxies{{ip::make_network_v6("::ffff:127.0.0.0/104"), ip::make_network_v6("fd00::/8")}};

Texts texts() {
  return Texts({"203.0.113.5", "192.0.2.1, 203.0.113.5:4711", "2001:db8::7", "[2001:db8::7]:443, 127.0.0.2",
                "::ffff:203.0.113.5,fd00::1", "unknown, 127.0.0.3"},
               {",",
                ", ",
                ":",
                "::",
                ".",
                "[",
                "]",
                "%",
                "%1",
                "/8",
                "0",
                "65536",
                "ffff",
                "::ffff:",
                "127.0.0.1",
                "fd00::1",
                " ",
                "\t",
                "\"",
                "for=",
                std::string(1, '\0'),
                std::string(40, '1')});
}

TEST(ForwardedFor, CannotBeForged) {
  Texts some = texts();
  for (int left = Texts::rounds(40'000); left > 0; --left) {
    const std::string sent = some.next();
    EXPECT_EQ(proxies.client_of(proxy, sent + ", 203.0.113.9"), ip::make_address("203.0.113.9")) << shown(sent);
  }
}

TEST(ForwardedFor, ReturnsAnAddressFromTheHeaderOrNone) {
  Texts some = texts();
  std::size_t found = 0;
  for (int left = Texts::rounds(40'000); left > 0; --left) {
    const std::string text = some.next();
    const ip::address client = proxies.client_of(proxy, text);
    if (client == proxy) continue;
    ++found;
    EXPECT_EQ(proxies.client_of(proxy, client.to_string()), client) << shown(text);
    EXPECT_EQ(proxies.client_of(proxy, text + ", [fd00::9]:80,127.0.0.1"), client) << shown(text);
  }
  EXPECT_GT(found, 0U);
}

}  // namespace
}  // namespace tellina::fuzz
