#pragma once

/// What a server says about itself at GET /metrics.

#include <cstdint>
#include <optional>
#include <string_view>

#include "host/client/http.hpp"

namespace tellina::bench {

/// The sum of all samples of a counter, whatever their labels: `name` with its "_total". Nothing where there is none,
/// or one is not a whole number.
std::optional<std::uint64_t> sum_of(std::string_view name, std::string_view metrics);

/// How many messages the ordering policy has let overtake others, in all workers. Nothing where the server does not
/// tell. Throws ClientFailure where it does not answer.
std::optional<std::uint64_t> count_overtakings(const client::Endpoint& endpoint);

}  // namespace tellina::bench
