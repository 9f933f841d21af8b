#pragma once

/// What an acknowledgement of input promises.

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tellina {

/// How much acknowledged input may be lost if the machine fails, for example because it loses power. If only the
/// server's processes end, none is lost.
enum class Durability : std::uint8_t {
  process,  ///< what the kernel has not yet written to disk: some seconds
  second,   ///< what was acknowledged since the last sync, which is at most about a second old
  commit    ///< none: input is acknowledged after a sync
};

/// As config.json spells them.
inline constexpr std::array<std::pair<std::string_view, Durability>, 3> durabilities{
    {{"process", Durability::process}, {"second", Durability::second}, {"commit", Durability::commit}}};

}  // namespace tellina
