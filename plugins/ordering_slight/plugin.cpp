#include "plugins/ordering_slight/slight_gate.hpp"

TELLINA_PLUGIN(ordering_policy, tellina::slight::SlightOrdering, "slight", "0.1.0", R"({
  "type": "object",
  "description": "Handles the connect first, then control messages before waiting input, and several at once",
  "properties": {},
  "additionalProperties": false
})");
