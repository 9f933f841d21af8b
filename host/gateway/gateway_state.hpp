#pragma once

/// What all loops of one gateway share.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/gateway/client_address.hpp"
#include "host/gateway/connection_limit.hpp"
#include "host/gateway/gateway.hpp"
#include "host/gateway/limited_log.hpp"
#include "host/gateway/login_limiter.hpp"
#include "host/gateway/static_files.hpp"
#include "host/gateway/wait_group.hpp"

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
        proxies(config.trusted_proxies),
        logins(config.limits.logins),
        connections(std::make_shared<ConnectionLimit>(config.connections_per_address)) {}

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
  const TrustedProxies proxies;
  LoginLimiter logins;
  const std::shared_ptr<ConnectionLimit> connections;
  const std::shared_ptr<WaitGroup> active = std::make_shared<WaitGroup>();
  std::vector<std::shared_ptr<Lane>> lanes;
};

}  // namespace tellina
