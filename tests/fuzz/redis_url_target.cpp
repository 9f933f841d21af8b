#include "fuzz/target.hpp"
#include "host/config/json_writer.hpp"
#include "plugins/channel_redis/url.hpp"

namespace tellina::fuzz {

/// The address of a Redis server in a configuration: read, or refused without its password.
FUZZ_TARGET(redis_url) {
  try {
    const redis::Address address = redis::read_url(make_string(std::string(input)));
    FUZZ_EXPECT(address.host.empty() != address.path.empty());
    FUZZ_EXPECT(address.port != 0);
    redis::Address other = address;
    other.user = "somebody";
    other.password = "something";
    FUZZ_EXPECT(address.text() == other.text());
  } catch (const ConfigError&) {
  }
}

}  // namespace tellina::fuzz
