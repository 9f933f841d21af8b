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
    FUZZ_EXPECT(address.password.size() < 8 || address.text().find(address.password) == std::string::npos ||
                address.host.find(address.password) != std::string::npos ||
                address.path.find(address.password) != std::string::npos);
  } catch (const ConfigError&) {
  }
}

}  // namespace tellina::fuzz
