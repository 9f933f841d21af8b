#pragma once

/// What an acknowledgement of input promises.

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tellina {

/// How much acknowledged input a failure of the machine, such as a loss of power, may cost. The end of the server's own
/// processes costs none in any case.
enum class Durability : std::uint8_t {
  process,  ///< what the kernel has not written by itself: some seconds
  second,   ///< what was acknowledged since the last sync, which is at most about a second old
  commit    ///< none: input is acknowledged after a sync
};

/// As config.json spells them.
inline constexpr std::array<std::pair<std::string_view, Durability>, 3> durabilities{
    {{"process", Durability::process}, {"second", Durability::second}, {"commit", Durability::commit}}};

}  // namespace tellina
