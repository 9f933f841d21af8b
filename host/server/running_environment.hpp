#pragma once

/// What the record says about the environment of task sessions.

#include "host/server/parts.hpp"
#include "host/store/environment_record.hpp"

namespace tellina {

/// `config`: the configuration in use, which a reload may have replaced; the plugins are those of `parts`. `found`: the
/// sandbox's answer to probe(). Reads the files of plugins and of the configuration; one that cannot be read is left
/// out, with a warning in the log.
EnvironmentRecord describe_environment(const ServerParts& parts, const HostConfig& config, const Capabilities& found);

}  // namespace tellina
