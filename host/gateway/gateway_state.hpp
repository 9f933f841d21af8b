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
#include "host/gateway/live_count.hpp"
#include "host/gateway/login_limiter.hpp"
#include "host/gateway/static_files.hpp"

namespace tellina {

class Lane;

/// Lives until the last connection is gone. Its members are safe on any thread; `lanes` never changes after start.
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
        logins(config.limits.login_failures, config.limits.login_window),
        connections(std::make_shared<ConnectionLimit>(config.connections_per_address)) {}

  /// Where a WebSocket is to live: with its session, or, where that is in another process, where the fewest live.
  std::shared_ptr<Lane> lane_for(std::uint64_t affinity) const;

  const GatewayConfig config;
  ChannelLayer& layer;
  Clock& clock;
  Random& random;
  Log& log;
  LimitedLog client_log;  ///< for what clients bring about
  const StaticFiles files;
  const TrustedProxies proxies;
  LoginLimiter logins;
  const std::shared_ptr<ConnectionLimit> connections;
  const std::shared_ptr<LiveCount> living = std::make_shared<LiveCount>();
  std::vector<std::shared_ptr<Lane>> lanes;
};

}  // namespace tellina
