#pragma once

namespace tellina {

/// The part of config.json's schema that describes the design of a study, to be merged into host_schema_text: the
/// further properties of the key `study`, of the root, and the further definitions.
extern const char* const design_schema_text;

}  // namespace tellina
