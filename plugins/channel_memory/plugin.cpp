#include "memory_layer.hpp"

TELLINA_PLUGIN(channel_layer, tellina::memory::MemoryLayer, "memory", "0.1.0", R"({
  "type": "object",
  "description": "Moves messages within one process; gateway and worker share it",
  "properties": {
    "capacity": {
      "type": "integer",
      "minimum": 1,
      "maximum": 1000000,
      "default": 10000,
      "description": "Messages that may wait in each channel; one more is refused"
    }
  },
  "additionalProperties": false
})");
