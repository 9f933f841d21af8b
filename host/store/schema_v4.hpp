#pragma once

namespace tellina {

/// Version 4: a lease that was given back tells that all its owner had was recorded.
inline constexpr const char* schema_v4 = R"sql(
ALTER TABLE leases ADD COLUMN released_in_order INTEGER NOT NULL DEFAULT 0 CHECK (released_in_order IN (0, 1));
)sql";

}  // namespace tellina
