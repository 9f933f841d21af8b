#pragma once

/// The gateway role, set up from config.json.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "host/gateway/gateway.hpp"
#include "host/selftest/self_test.hpp"
#include "host/server/loop_threads.hpp"
#include "host/server/parts.hpp"

namespace tellina {

/// Threads and lifetime: as for Gateway.
class GatewayRole {
 public:
  /// The gateway serves when the constructor returns.
  GatewayRole(const ServerParts& parts, LoopThreads& loops);

  std::uint16_t port() const { return m_port; }
  /// Reads the certificate again if there is one, and the study's pictures. Logs the result.
  void reload();
  void stop();

 private:
  void reload_certificate();
  void reload_pictures();

  const ServerParts& m_parts;
  std::unique_ptr<SelfTest> m_self_test;  ///< in test mode
  Gateway m_gateway;
  std::uint16_t m_port = 0;
};

/// Throws the error that a gateway would throw if it cannot listen. Called before anything else is tried.
void check_port(const ServerParts& parts);

}  // namespace tellina
