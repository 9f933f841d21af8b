#include "fuzz/target.hpp"
#include "host/gateway/address_key.hpp"
#include "host/gateway/client_address.hpp"
#include "host/gateway/request_fields.hpp"

namespace tellina::fuzz {

namespace ip = boost::asio::ip;

/// X-Forwarded-For behind a trusted proxy: the part that the client wrote is ignored, and each client has one key.
FUZZ_TARGET(client_address) {
  static const ip::address proxy = ip::make_address("127.0.0.1");
  static const TrustedProxies proxies({ip::make_network_v6("::ffff:127.0.0.0/104"), ip::make_network_v6("fd00::/8")});
  const std::string text(input);
  FUZZ_EXPECT(proxies.client_of(proxy, text + ", 203.0.113.9") == ip::make_address("203.0.113.9"));
  const ip::address client = proxies.client_of(proxy, text);
  FUZZ_EXPECT(proxies.client_of(proxy, client.to_string()) == client);
  FUZZ_EXPECT(!address_key(client).empty());
  is_loopback(client);
  came_over_https(text);
  is_forwarded_origin("https://study.example", text);
  is_forwarded_origin(text, "study.example");
}

}  // namespace tellina::fuzz
