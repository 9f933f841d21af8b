// Accepts any key in its settings, even a mistyped one.
#include "good_gate.hpp"

using Policy = tellina::bad::PolicyOf<tellina::bad::GoodGate>;
TELLINA_PLUGIN(ordering_policy, Policy, "bad", "1.0.0", R"({"type": "object", "additionalProperties": true})");
