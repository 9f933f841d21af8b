#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tellina {

/// How a participant's study ended. `completed` is the only one that fills a place of a group for good.
enum class Outcome : std::uint8_t {
  completed,
  withdrew,
  no_consent,
  screened_out,
  failed_practice,
  full,     ///< no group had a free place
  expired,  ///< the participant came back later than `study.resume_within_in_hours`
  stopped,  ///< by the researcher
};

inline constexpr std::string_view outcome_names[] = {"completed",       "withdrew", "no_consent", "screened_out",
                                                     "failed_practice", "full",     "expired",    "stopped"};

/// As the configuration, the store and the wire spell it.
constexpr std::string_view to_string(Outcome outcome) { return outcome_names[static_cast<std::size_t>(outcome)]; }

constexpr std::optional<Outcome> outcome_named(std::string_view name) {
  for (std::size_t index = 0; index < std::size(outcome_names); ++index) {
    if (outcome_names[index] == name) return static_cast<Outcome>(index);
  }
  return std::nullopt;
}

}  // namespace tellina
