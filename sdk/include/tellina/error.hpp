#pragma once

/// What plugins and host throw at each other.

#include <stdexcept>
#include <string>
#include <utility>

namespace tellina {

/// Marks a type that is thrown, or dynamic_cast, across a shared object's border: it must stay visible
/// there although plugins are built with hidden visibility.
#define TELLINA_VISIBLE __attribute__((visibility("default")))

/// Why something failed, in the terms a caller can act on.
enum class ErrorCode {
  unavailable,        ///< what is needed is not there now (no daemon, no user namespaces, no disk space)
  permission_denied,  ///< it is there and refuses this user
  not_found,          ///< no such image, root file system, sandbox or file
  incompatible,       ///< the other side speaks another version
  bad_config,         ///< the configuration asks for something that cannot be
  bad_request,        ///< the caller broke the contract
  seed_failed,        ///< the initial file tree could not be made; the text names path and errno
  busy,               ///< at a limit now; a later try may go through
  timed_out,          ///< the deadline of the call passed
  gone,               ///< the sandbox or its shell has ended
  unsupported,        ///< this plugin does not do that
  internal,           ///< a fault in the plugin or in what it drives
};

/// The one exception type that is meant to cross between a plugin and the host.
///
/// what() is for the researcher's log: what was tried, on what, and what came back. hint() is the way out,
/// in a sentence ("start the Docker daemon"); it may be empty.
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
