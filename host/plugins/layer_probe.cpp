#include "host/plugins/layer_probe.hpp"

#include "host/plugins/guard.hpp"
#include "host/text/message_parts.hpp"

namespace tellina {

std::string why_layer_is_unusable(const std::string& plugin, ChannelLayer& layer) {
  const std::string name = "channel layer " + in_quotes(plugin);
  std::string reason;
  try {
    const Reachability found = guard_plugin_call(name, [&] { return layer.probe(); });
    if (found.usable) return "";
    reason = found.reason.empty() ? "it gives no reason" : found.reason;
  } catch (const Error& error) {
    reason = error.what() + (error.hint().empty() ? "" : "; " + error.hint());
  }
  return "the " + name + " cannot be used now: " + reason;
}

}  // namespace tellina
