#pragma once

/// Converts every exception of a plugin into an Error that names the plugin.

#include <string_view>
#include <utility>

#include "tellina/error.hpp"

namespace tellina {

/// Call this while an exception is being handled. Rethrows an Error as it is (plugins are meant to throw it). Any other
/// exception becomes Error(internal) "PLUGIN: threw std::bad_alloc: " and its what(), or "PLUGIN: threw int" if it has
/// no what().
[[noreturn]] void rethrow_as_error(std::string_view plugin);

/// Runs a call into a plugin: `guard_plugin_call("sandbox \"chroot\"", [&] { return sandbox.snapshot(request); })`.
/// Throws only Error. `plugin` is read only if the call throws.
template <typename Call>
decltype(auto) guard_plugin_call(std::string_view plugin, Call&& call) {
  try {
    return std::forward<Call>(call)();
  } catch (...) {
    rethrow_as_error(plugin);
  }
}

}  // namespace tellina
