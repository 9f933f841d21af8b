#pragma once

/// Turns whatever a plugin throws into an Error that names the plugin.

#include <string_view>
#include <utility>

#include "tellina/error.hpp"

namespace tellina {

/// Call it while an exception is being handled. An Error is thrown on as it is (plugins are meant to throw it);
/// anything else becomes Error(internal) "PLUGIN: threw std::bad_alloc: what() of it", or "PLUGIN: threw int" where it
/// has no what().
[[noreturn]] void rethrow_as_error(std::string_view plugin);

/// Runs a call into a plugin: `guard_plugin_call("sandbox \"chroot\"", [&] { return sandbox.snapshot(request); })`.
/// Throws nothing but Error. `plugin` is read only when something is thrown.
template <typename Call>
decltype(auto) guard_plugin_call(std::string_view plugin, Call&& call) {
  try {
    return std::forward<Call>(call)();
  } catch (...) {
    rethrow_as_error(plugin);
  }
}

}  // namespace tellina
