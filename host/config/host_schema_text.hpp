#pragma once

namespace tellina {

/// The schema of config.json but for the plugins' sections, which stand as `true` here.
extern const char* const host_schema_text;

}  // namespace tellina
