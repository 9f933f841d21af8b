#pragma once

/// What all loops of one gateway share.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/gateway/allowed_hosts.hpp"
#include "host/gateway/client_address.hpp"
#include "host/gateway/connection_limit.hpp"
#include "host/gateway/gateway.hpp"
#include "host/gateway/login_limiter.hpp"
#include "host/gateway/login_pace.hpp"
#include "host/gateway/pictures.hpp"
#include "host/gateway/static_files.hpp"
#include "host/gateway/tls_identity.hpp"
#include "host/gateway/wait_group.hpp"
#include "host/runtime/limited_log.hpp"

namespace tellina {

class Lane;

/// Outlives every connection. Its members are thread-safe; `lanes` does not change after start().
class GatewayState {
 public:
  GatewayState(GatewayConfig config_, ChannelLayer& layer_, Clock& clock_, Random& random_, Log& log_)
      : config(std::move(config_)),
        layer(layer_),
        clock(clock_),
        random(random_),
        log(log_),
        client_log(log_),
        files(config.static_root),
        pictures(config.pictures),
        proxies(config.trusted_proxies),
        hosts(config.hosts, config.public_host, config.allows_only_listed_hosts),
        logins(config.limits.logins),
        joins(config.limits.joins),
        login_pace(config.limits.logins.per_code, config.limits.logins.code_interval,
                   config.limits.logins.longest_pause),
        connections(std::make_shared<ConnectionLimit>(config.connections_per_address, config.connections)),
        participants(std::make_shared<ConnectionLimit>(limits::participant_connections)) {
    if (config.certificate.empty()) return;
    tls.emplace(config.certificate, config.key);
    // The server starts anyway: participants can accept the browser's warning, and without a server the study ends.
    if (const std::string fault = tls->fault(); !fault.empty())
      log.error("browsers will warn about this server: " + fault);
    warn_of_exposure();
  }

  /// Only with TLS.
  void warn_of_exposure() {
    if (const std::string exposure = tls->exposure(); !exposure.empty()) log.warning(exposure);
  }

  /// The lane for a new WebSocket: the lane on the loop of its session or, if sessions are in other processes, the lane
  /// with the fewest connections.
  std::shared_ptr<Lane> lane_for(std::uint64_t affinity) const;

  const GatewayConfig config;
  ChannelLayer& layer;
  Clock& clock;
  Random& random;
  Log& log;
  LimitedLog client_log;  ///< for events that clients cause
  const StaticFiles files;
  Pictures pictures;
  std::optional<TlsIdentity> tls;  ///< absent: plain text
  const TrustedProxies proxies;
  const AllowedHosts hosts;
  LoginLimiter logins;
  LoginLimiter joins;
  LoginPace login_pace;
  const std::shared_ptr<ConnectionLimit> connections;   ///< by address key
  const std::shared_ptr<ConnectionLimit> participants;  ///< WebSockets, by the number of the participant
  const std::shared_ptr<WaitGroup> active = std::make_shared<WaitGroup>();
  std::vector<std::shared_ptr<Lane>> lanes;
};

}  // namespace tellina
