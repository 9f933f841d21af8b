#include "faults/set_up.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "server/server_fixture.hpp"

namespace tellina::faults {
namespace {

bool always(const SetUp& /*set_up*/) { return true; }
bool with_processes(const SetUp& set_up) { return set_up.has_processes(); }
bool with_redis(const SetUp& set_up) { return set_up.layer == "redis"; }
bool with_docker(const SetUp& set_up) { return set_up.sandbox == "docker"; }
bool with_small_disk(const SetUp& set_up) { return set_up.has_small_disk; }
bool with_failing_disk(const SetUp& set_up) { return set_up.has_failing_disk; }
bool with_network(const SetUp& set_up) { return set_up.has_network; }
bool with_clock(const SetUp& set_up) { return set_up.has_clock; }

}  // namespace

const std::vector<FaultDefinition>& fault_definitions() {
  using enum FaultKind;
  static const std::vector<FaultDefinition> definitions = {
      {kill_server, "kill-server", "SIGKILL to every process of the server, which starts again after a while", always},
      {end_server, "end-server", "SIGTERM to the server, which starts again after a while", always},
      {stop_server, "stop-server", "SIGSTOP to every process of the server, then SIGCONT", always},
      {kill_gateway, "kill-gateway", "SIGKILL to the gateway", with_processes},
      {stop_gateway, "stop-gateway", "SIGSTOP to the gateway, then SIGCONT", with_processes},
      {kill_worker, "kill-worker", "SIGKILL to one worker", with_processes},
      {kill_workers, "kill-workers", "SIGKILL to all workers", with_processes},
      {end_worker, "end-worker", "SIGTERM to one worker", with_processes},
      {stop_worker, "stop-worker", "SIGSTOP to one worker, then SIGCONT", with_processes},
      {kill_redis, "kill-redis", "SIGKILL to Redis, which starts again empty", with_redis},
      {pause_redis, "pause-redis", "SIGSTOP to Redis, then SIGCONT", with_redis},
      {cut_redis, "cut-redis", "Redis closes every connection", with_redis},
      {kill_engine, "kill-engine", "SIGKILL to the Docker engine, which starts again after a while", with_docker},
      {freeze_engine, "freeze-engine", "SIGSTOP to the Docker engine, then SIGCONT", with_docker},
      {kill_sandbox, "kill-sandbox", "SIGKILL to the first process of one participant's sandbox", always},
      {lock_database, "lock-database", "another program holds a write lock on the database", always},
      {move_database, "move-database", "the database is renamed, and back after a while", always},
      {fill_disk, "fill-disk", "the disk of the database is full", with_small_disk},
      {break_disk, "break-disk", "the file system of the database fails; the server ends, and starts after the repair",
       with_failing_disk},
      {jump_clock, "jump-clock", "the wall clock jumps by up to a day, forwards or back", with_clock},
      {few_descriptors, "few-descriptors", "the server can open only a few more descriptors", always},
      {reload_config, "reload-config", "SIGHUP with another access code in the configuration", always},
      {reset_connections, "reset-connections", "some clients reset their connections (RST)", always},
      {silent_clients, "silent-clients", "some clients stop reading and writing and leave the socket open", always},
      {slow_clients, "slow-clients", "some clients read a few bytes at a time", always},
      {unplug, "unplug", "no packet passes between clients and server", with_network},
      {delay, "delay", "packets take up to 400 ms longer", with_network},
      {lose, "lose", "every tenth packet is lost", with_network},
      {reorder, "reorder", "packets overtake each other", with_network},
  };
  return definitions;
}

const FaultDefinition& definition_of(FaultKind kind) {
  return *std::find_if(fault_definitions().begin(), fault_definitions().end(),
                       [kind](const FaultDefinition& definition) { return definition.kind == kind; });
}

FaultKind fault_kind(std::string_view name) {
  std::string known;
  for (const FaultDefinition& definition : fault_definitions()) {
    if (definition.name == name) return definition.kind;
    known += (known.empty() ? "" : ", ") + std::string(definition.name);
  }
  throw std::runtime_error("there is no fault \"" + std::string(name) + "\"; the faults are " + known);
}

SetUp draw_set_up(std::uint64_t seed, const Choices& choices) {
  constexpr std::array layers{"memory", "ipc", "redis"};
  constexpr std::array orderings{"strict", "strict", "slight"};
  constexpr std::array sandboxes{"chroot", "chroot", "chroot", "docker"};
  RandomNumbers random(seed, 0);
  SetUp set_up;
  set_up.seed = seed;
  set_up.duration = choices.duration;
  // Draws every value, even if a choice replaces it, so that a choice does not change the rest of the set-up.
  set_up.layer = random.pick(layers);
  set_up.ordering = random.pick(orderings);
  set_up.sandbox = random.pick(sandboxes);
  set_up.workers = random.between(1, 3);
  set_up.sessions = random.between(5, 25);
  set_up.has_small_disk = random.chance(50);
  set_up.has_network = random.chance(50);
  set_up.has_clock = random.chance(50);
  set_up.has_failing_disk = random.chance(50) && set_up.has_small_disk;
  if (choices.layer) set_up.layer = *choices.layer;
  if (choices.ordering) set_up.ordering = *choices.ordering;
  if (choices.sandbox) set_up.sandbox = *choices.sandbox;
  constexpr int most_containers = 8;
  if (set_up.sandbox == "docker") set_up.sessions = std::min(set_up.sessions, most_containers);
  if (choices.sessions) set_up.sessions = *choices.sessions;
  if (choices.faults) {
    // The set-up has everything that the chosen faults need.
    set_up.has_small_disk = set_up.has_failing_disk = set_up.has_network = set_up.has_clock = true;
  }
  // AddressSanitizer's runtime refuses a library that is loaded before it.
  if (testing::is_sanitized) set_up.has_clock = false;
  for (const FaultDefinition& definition : fault_definitions()) {
    const bool is_drawn = random.chance(60);
    const bool is_chosen = choices.faults ? std::find(choices.faults->begin(), choices.faults->end(),
                                                      definition.kind) != choices.faults->end()
                                          : is_drawn;
    if (is_chosen && definition.applies(set_up)) set_up.faults.push_back(definition.kind);
  }
  if (set_up.faults.empty())
    throw std::runtime_error("none of the faults applies to this set-up: " + set_up.describe());
  return set_up;
}

std::string SetUp::describe() const {
  std::string text = "seed " + std::to_string(seed) + ": " + layer + ", " + ordering + ", " + sandbox + ", " +
                     std::to_string(sessions) + " sessions";
  if (has_processes()) text += ", " + std::to_string(workers) + " workers";
  if (has_small_disk) text += has_failing_disk ? ", a small disk that can fail" : ", a small disk";
  if (has_network) text += ", a network that can fail";
  if (has_clock) text += ", a clock that can jump";
  text += ", " + std::to_string(duration.count()) + " s of faults:";
  for (const FaultKind fault : faults) text += " " + std::string(definition_of(fault).name);
  return text;
}

}  // namespace tellina::faults
