#include "plugins/ordering_strict/strict_gate.hpp"

TELLINA_PLUGIN(ordering_policy, tellina::strict::StrictOrdering, "strict", "0.1.0", R"({
  "type": "object",
  "description": "Handles the messages of a connection one after another, in sequence",
  "properties": {},
  "additionalProperties": false
})");
