#pragma once

#include <string>

#include "tellina/channel_layer.hpp"

namespace tellina {

/// A sentence about why the channel layer cannot be used now; empty if it can. Takes up to 5 s. `plugin`: its name.
std::string why_layer_is_unusable(const std::string& plugin, ChannelLayer& layer);

}  // namespace tellina
