#pragma once

/// The exceptions that cross between plugins and the host.

#include <stdexcept>
#include <string>
#include <utility>

namespace tellina {

/// Marks a type that is thrown, or dynamic_cast, across the boundary of a shared object: it must be visible there,
/// although plugins are built with hidden visibility.
#define TELLINA_VISIBLE __attribute__((visibility("default")))

/// Why something failed, as far as a caller can react to it.
enum class ErrorCode {
  unavailable,        ///< something is missing now (a daemon, user namespaces, disk space)
  permission_denied,  ///< it exists and refuses this user
  not_found,          ///< no such image, root file system, sandbox or file
  incompatible,       ///< the other side uses another version
  bad_config,         ///< the configuration asks for something impossible
  bad_request,        ///< the caller broke the contract
  seed_failed,        ///< the initial file tree could not be created; the text names path and errno
  busy,               ///< a limit is reached now; a later attempt may succeed
  timed_out,          ///< the deadline of the call passed
  gone,               ///< the sandbox or its shell has ended
  unsupported,        ///< this plugin does not do that
  internal,           ///< a fault in the plugin or in what it controls
};

/// The only exception type that may cross between a plugin and the host.
///
/// what() is for the researcher's log: what was attempted, on what, and with which result. hint() says in a sentence
/// what to do about it ("start the Docker daemon"); it may be empty.
class TELLINA_VISIBLE Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& what, std::string hint = {})
      : std::runtime_error(what), m_code(code), m_hint(std::move(hint)) {}

  ErrorCode code() const noexcept { return m_code; }
  const std::string& hint() const noexcept { return m_hint; }

 private:
  ErrorCode m_code;
  std::string m_hint;
};

/// A value in the configuration that cannot be used. what() reads
/// "config.json:12:17: sandbox.memory_in_mib: expected a whole number, got \"many\"".
class TELLINA_VISIBLE ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& what) : Error(ErrorCode::bad_config, what) {}
};

}  // namespace tellina
