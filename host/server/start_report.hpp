#pragma once

/// What a server prints when it is ready.

#include <cstdint>

#include "host/server/parts.hpp"

namespace tellina {

/// Prints to standard output, and flushes: "listening on http://ADDRESS:PORT", the configuration, the database, the
/// number of tasks and participants, and links. The links contain access codes, so they are left out if standard output
/// is systemd's journal. Logs the event `listening`.
///
/// A gateway that runs alone opens no store and names none.
void announce(const ServerParts& parts, std::uint16_t port);

}  // namespace tellina
