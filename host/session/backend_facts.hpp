#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "host/limits.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// What the backend of this process says about itself. It is asked once, because a backend may start a sandbox to
/// answer.
///
/// Threads: any.
class BackendFacts {
 public:
  /// `plugin`: for messages. The backend must outlive the object.
  BackendFacts(std::string plugin, SandboxBackend& backend) : m_plugin(std::move(plugin)), m_backend(backend) {}

  /// Uses an answer of probe() that somebody else has asked for.
  void use(const Capabilities& capabilities);
  /// How long start() may take, within the host's bounds. Asks the backend if that has not been done, so call it where
  /// blocking is allowed. While the backend cannot be used: limits::quick_start.
  std::chrono::milliseconds start_deadline();

 private:
  const std::string m_plugin;
  SandboxBackend& m_backend;
  std::mutex m_mutex;
  std::optional<std::chrono::milliseconds> m_start_deadline{};
};

}  // namespace tellina
