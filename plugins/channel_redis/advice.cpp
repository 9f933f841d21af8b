#include "advice.hpp"

#include <array>
#include <utility>

namespace tellina::redis {

std::string_view advice_on(std::string_view error) {
  using Advice = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Advice, 26> known{{
      {"NOAUTH", "it requires a password: write \"redis://:PASSWORD@HOST\" in \"url\""},
      {"WRONGPASS",
       "correct user and password in \"url\" (an '@', ':', '/' or '%' in them is written as %40, %3A, %2F, %25)"},
      {"ERR AUTH", "it has no password: remove \":PASSWORD@\" from \"url\""},
      {"ERR Client sent AUTH", "it has no password: remove \":PASSWORD@\" from \"url\""},
      {"NOPERM",
       "give its user the permissions that the documentation of the channel layer \"redis\" lists (ACL SETUSER)"},
      {"ERR The user executing the script",
       "give its user the permissions that the documentation of the channel layer \"redis\" lists"},
      {"DENIED", "it is in protected mode: set a password in its configuration and in \"url\""},
      {"OOM", "it has reached its maxmemory: raise the limit, or free memory"},
      {"MISCONF", "it refuses writes because it cannot save to its disk: free disk space there, or turn saving off"},
      {"READONLY", "it is a replica: name the master in \"url\""},
      {"MASTERDOWN", "it is a replica that has lost its master: name the master in \"url\""},
      {"NOREPLICAS", "it lacks the replicas that it is configured to have (min-replicas-to-write)"},
      {"LOADING", "it is loading its data and will answer when that is done"},
      {"BUSY", "a script of another client keeps it busy"},
      {"MOVED", "Redis Cluster is not supported: name a single server in \"url\""},
      {"CROSSSLOT", "Redis Cluster is not supported: name a single server in \"url\""},
      {"CLUSTERDOWN", "Redis Cluster is not supported: name a single server in \"url\""},
      {"ERR unknown command", "a command is missing: Redis 7.0 or newer is needed, with none of its commands renamed"},
      {"ERR DB index",
       "choose another database number at the end of \"url\", or raise \"databases\" in its configuration"},
      {"ERR invalid DB index", "choose another database number at the end of \"url\""},
      {"the connection broke: Protocol error",
       "the other end is not a Redis server, or expects TLS: then write \"rediss://\""},
      {"TLS: the server's certificate is not accepted",
       "name its authority in \"ca_file\", and write its host in \"url\" as the certificate has it"},
      {"TLS: no answer", "the server at that port may not speak TLS: is \"tls-port\" set in redis.conf?"},
      {"TLS: the handshake failed", "the server at that port may not speak TLS: is \"tls-port\" set in redis.conf?"},
      {"ERR max number of clients", "it has reached its maxclients: raise the limit"},
      {"WRONGTYPE", "another program uses the key: choose another \"prefix\", or delete the key"},
  }};
  for (const auto& [beginning, advice] : known) {
    if (error.starts_with(beginning)) return advice;
  }
  return {};
}

}  // namespace tellina::redis
