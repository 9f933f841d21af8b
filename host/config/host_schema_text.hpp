#pragma once

namespace tellina {

/// The schema of config.json without the plugins' sections, which are `true` here.
extern const char* const host_schema_text;

}  // namespace tellina
