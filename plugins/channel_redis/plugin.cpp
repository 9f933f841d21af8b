#include "redis_layer.hpp"

TELLINA_PLUGIN(channel_layer, tellina::redis::RedisLayer, "redis", "0.1.0", R"({
  "type": "object",
  "description": "Carries messages through a Redis server (7.0 or newer), between processes and machines",
  "properties": {
    "url": {
      "type": "string",
      "default": "redis://127.0.0.1:6379/0",
      "description": "Where Redis is: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], the same with rediss:// for TLS, or unix:///PATH; a HOST needs a password unless i_know_anyone_can_type is true",
      "x-secret": true
    },
    "ca_file": {
      "type": "string",
      "minLength": 1,
      "description": "With rediss://: PEM file of the authorities whose certificates are trusted instead of the system's"
    },
    "i_know_anyone_can_type": {
      "type": "boolean",
      "default": false,
      "description": "Whether a Redis server without a password is accepted; everyone who can connect to it can read and type what participants do"
    },
    "prefix": {
      "type": "string",
      "pattern": "^[A-Za-z0-9_.:-]{1,100}$",
      "default": "tellina",
      "description": "Begins every key; studies that share a Redis server need different ones"
    },
    "capacity": {
      "type": "integer",
      "minimum": 1,
      "maximum": 1000000,
      "default": 10000,
      "description": "Messages that may wait in each channel; one more is refused"
    },
    "expiry": {
      "type": "integer",
      "minimum": 1,
      "maximum": 86400,
      "default": 60,
      "description": "Seconds after which Redis drops a channel that nobody reads"
    }
  },
  "additionalProperties": false
})");
