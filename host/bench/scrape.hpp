#pragma once

/// Reads a server's GET /metrics.

#include <cstdint>
#include <optional>
#include <string_view>

#include "host/client/http.hpp"

namespace tellina::bench {

/// The sum of all samples of a counter over its labels: `name` with its "_total". Nothing if there is none, or if one
/// is not a whole number.
std::optional<std::uint64_t> sum_of(std::string_view name, std::string_view metrics);

/// How many messages the ordering policy has let overtake others, in all workers. Nothing if the server does not report
/// it. Throws ClientFailure if the server does not answer.
std::optional<std::uint64_t> count_overtakings(const client::Endpoint& endpoint);

}  // namespace tellina::bench
