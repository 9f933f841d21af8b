#include "host/server/gateway_role.hpp"

#include <algorithm>

#include "host/config/links.hpp"
#include "host/config/load_host_config.hpp"
#include "host/plugins/search_path.hpp"
#include "host/runtime/addresses.hpp"
#include "host/runtime/certificate.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

std::vector<Picture> pictures_of(const HostConfig& config) {
  std::vector<Picture> pictures;
  for (const PictureFile& file : config.pictures) {
    pictures.push_back({file.hash, file.file_name, file.content_type, file.content});
  }
  return pictures;
}

GatewayConfig gateway_config(const ServerParts& parts, SelfTest* self_test) {
  GatewayConfig config;
  config.address = parts.options.address.value_or(parts.config.server.address);
  config.port = parts.options.port.value_or(parts.config.server.port);
  config.base_path = parts.config.server.base_path;
  config.public_host = host_of_url(parts.config.server.public_url);
  config.certificate = parts.config.server.certificate;
  config.key = parts.config.server.key;
  config.hsts = parts.config.server.hsts;
  config.hosts = parts.config.server.hosts;
  config.allows_only_listed_hosts = !config.hosts.empty();
  // Other machines use a name of this machine, unless the server listens on a loopback address.
  if (config.hosts.empty() && !is_loopback_address(config.address)) config.hosts = machine_names();
  constexpr std::size_t key_digits = 8;
  config.study_key = sha256(parts.config.database).substr(0, key_digits);
  config.connections_per_address = parts.config.server.connections_per_address;
  config.connections = std::min(config.connections, parts.budget.connections());
  for (const AddressRange& range : parts.config.server.trusted_proxies) {
    const boost::asio::ip::address_v6 first(boost::asio::ip::address_v6::bytes_type(range.first));
    config.trusted_proxies.emplace_back(first, static_cast<unsigned short>(range.prefix_length));
  }
  config.allow_metrics_from_anywhere = parts.config.server.shows_metrics_to_all;
  config.static_root = (program_folder().parent_path() / "share/tellina/static").string();
  config.pictures = pictures_of(parts.config);
  if (!parts.layer->is_process_local()) config.plugin_figures = &parts.system.figures;
  config.id = random_token(parts.system.random, 4);
  if (self_test) {
    config.self_test = [self_test](Lane& lane, SelfTest::Answer answer) { self_test->run(lane, std::move(answer)); };
  }
  return config;
}

std::unique_ptr<SelfTest> make_self_test(const ServerParts& parts, LoopThreads& loops) {
  if (!parts.options.test_mode) return nullptr;
  GatewayConfig config = gateway_config(parts, nullptr);
  config.certificate.clear();  // its client and its gateway are in this process
  return std::make_unique<SelfTest>(std::move(config), *parts.layer, loops.all(), parts.system.clock,
                                    parts.system.random, parts.system.log);
}

}  // namespace

GatewayRole::GatewayRole(const ServerParts& parts, LoopThreads& loops)
    : m_parts(parts),
      m_self_test(make_self_test(parts, loops)),
      m_gateway(gateway_config(parts, m_self_test.get()), *parts.layer, loops.all(), parts.system.clock,
                parts.system.random, parts.system.log),
      m_port(m_gateway.start()) {}

void GatewayRole::reload() {
  // Pages ask for pictures as soon as they get the new texts from a worker.
  reload_pictures();
  if (m_parts.config.server.has_tls()) reload_certificate();
}

void GatewayRole::reload_pictures() {
  try {
    m_gateway.use_pictures(pictures_of(load_host_config(m_parts.options.config, m_parts.registry)));
  } catch (const std::exception& error) {
    // Workers, or their supervisor, report it as an error.
    m_parts.system.log.debug(std::string("the pictures of the study were not read again:\n") + error.what());
  }
}

void GatewayRole::reload_certificate() {
  Log& log = m_parts.system.log;
  try {
    m_gateway.reload_certificate();
    log.info("the certificate was read again: new connections get it");
  } catch (const CertificateError& error) {
    log.error(std::string("new connections still get the old certificate: ") + error.what());
  }
}

void GatewayRole::stop() {
  // The gateway waits for pending requests, also for those to /test, so the self-test must stop first.
  if (m_self_test) m_self_test->stop();
  m_gateway.stop();
}

void check_port(const ServerParts& parts) { Gateway::check_listening(gateway_config(parts, nullptr)); }

}  // namespace tellina
