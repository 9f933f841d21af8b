#pragma once

/// Any combination of backends, with the servers that they need.

#include <optional>
#include <string>
#include <vector>

#include "server/server_fixture.hpp"
#include "support/docker_engine.hpp"
#include "support/redis_server.hpp"

namespace tellina::testing {

/// The only engine of this program, started at the first call. Call it on the main thread, because the engine ends with
/// the thread that started it.
test::DockerEngine& engine();

class Combination {
 public:
  Combination(std::string layer_, std::string ordering_, std::string sandbox_)
      : layer(std::move(layer_)), ordering(std::move(ordering_)), sandbox(std::move(sandbox_)) {}
  std::string layer;
  std::string ordering;
  std::string sandbox;
  std::string name() const { return layer + ", " + ordering + ", " + sandbox; }
};

/// The members of config.json for these backends, and the Redis server that they may need.
class Backends {
 public:
  /// `folder`: of the study.
  Backends(const Combination& combination, const std::filesystem::path& folder);
  /// Members for StudyConfig::more.
  const std::string& members() const { return m_members; }
  RedisServer& redis() { return *m_redis; }

 private:
  std::optional<RedisServer> m_redis;
  std::string m_members;
};

/// The process that owns a participant's session.
pid_t owner_of(const StudyDatabase& database, const std::string& access_code);
/// The content of a file in the home of the container of a participant with a running task.
std::string read_in_container(const StudyDatabase& database, const std::string& access_code, const std::string& file);

}  // namespace tellina::testing
