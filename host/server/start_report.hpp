#pragma once

/// What a server says once it serves.

#include <cstdint>

#include "host/server/parts.hpp"

namespace tellina {

/// To standard output, flushed: "listening on http://ADDRESS:PORT", the configuration, the database and how many tasks
/// and participants there are, and links, which hold access codes and so are left out where standard output is
/// systemd's journal. To the log: the event `listening`.
///
/// A lone gateway opens no store and names none.
void announce(const ServerParts& parts, std::uint16_t port);

}  // namespace tellina
