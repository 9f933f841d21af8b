#include "host/server/gateway_role.hpp"

#include "host/config/links.hpp"
#include "host/plugins/search_path.hpp"

namespace tellina {
namespace {

GatewayConfig gateway_config(const ServerParts& parts, SelfTest* self_test) {
  GatewayConfig config;
  config.address = parts.options.address.value_or(parts.config.server.address);
  config.port = parts.options.port.value_or(parts.config.server.port);
  config.base_path = parts.config.server.base_path;
  config.public_host = host_of_url(parts.config.server.public_url);
  config.connections_per_address = parts.config.server.connections_per_address;
  for (const AddressRange& range : parts.config.server.trusted_proxies) {
    const boost::asio::ip::address_v6 first(boost::asio::ip::address_v6::bytes_type(range.first));
    config.trusted_proxies.emplace_back(first, static_cast<unsigned short>(range.prefix_length));
  }
  config.allow_metrics_from_anywhere = parts.config.server.shows_metrics_to_all;
  config.static_root = (program_folder().parent_path() / "share/tellina/static").string();
  config.id = random_token(parts.system.random, 4);
  if (self_test) {
    config.self_test = [self_test](Lane& lane, SelfTest::Answer answer) { self_test->run(lane, std::move(answer)); };
  }
  return config;
}

std::unique_ptr<SelfTest> make_self_test(const ServerParts& parts, LoopThreads& loops) {
  if (!parts.options.test_mode) return nullptr;
  return std::make_unique<SelfTest>(gateway_config(parts, nullptr), *parts.layer, loops.all(), parts.system.clock,
                                    parts.system.random, parts.system.log);
}

}  // namespace

GatewayRole::GatewayRole(const ServerParts& parts, LoopThreads& loops)
    : m_self_test(make_self_test(parts, loops)),
      m_gateway(gateway_config(parts, m_self_test.get()), *parts.layer, loops.all(), parts.system.clock,
                parts.system.random, parts.system.log),
      m_port(m_gateway.start()) {}

void GatewayRole::stop() {
  // The self-test's requests wait for its end, and the gateway waits for its requests.
  if (m_self_test) m_self_test->stop();
  m_gateway.stop();
}

void check_port(const ServerParts& parts) { Gateway::check_listening(gateway_config(parts, nullptr)); }

}  // namespace tellina
