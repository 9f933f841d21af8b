#include "ipc_layer.hpp"

TELLINA_PLUGIN(channel_layer, tellina::ipc::IpcLayer, "ipc", "0.1.0", R"({
  "type": "object",
  "description": "Joins processes of one user on one machine, by ZeroMQ over Unix sockets",
  "properties": {
    "directory": {
      "type": "string",
      "description": "Folder where gateways and workers of one study meet; by default one below /tmp, named after the config file"
    },
    "capacity": {
      "type": "integer",
      "minimum": 1,
      "maximum": 1000000,
      "default": 10000,
      "description": "Messages of each channel that may wait in each sender; one more is refused"
    }
  },
  "additionalProperties": false
})");
