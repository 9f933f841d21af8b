#pragma once

/// The attacks on the server.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "hostile/set_up.hpp"
#include "support/test_client.hpp"

namespace tellina::hostile {

/// The name of a file that scripts try to create in places where they must not be able to.
inline constexpr const char* left_behind = "tellina-attack";
/// The name of a file in the home that a command creates if another participant's terminal runs it.
inline constexpr const char* pushed = "tellina-pushed";

/// What the attack of a client uses.
class ClientAttack {
 public:
  SetUp& set_up;
  testing::TestClient& attacker;  ///< at a prompt, with a running task
  std::chrono::milliseconds lasts;
};

enum class Topic {
  processes,
  memory,
  disk,
  kernel_objects,
  privileges,
  machine,
  networks,
  processor,
  home,
  terminal,
  record,
  passing,
  sessions,
  clients,
  local_users,
};

std::string_view title_of(Topic topic);

/// A script keeps what it has obtained for a second, so that the machine shows it. Its output only shows that it ran.
class Attack {
 public:
  std::string_view name;
  Topic topic;
  /// The line that the attacker types at the shell; empty for the attack of a client. @PORT@, @NAME@ and @FOLDER@ stand
  /// for targets that it must not reach: a TCP port, the name of a local socket, and the study's folder.
  std::string_view script = {};
  /// A regular expression (ECMAScript) that the script's output must match: otherwise the attack has not taken place.
  /// Empty: no output is required.
  std::string_view ran = {};
  /// For a script that does not end: the time until Ctrl-C. For others: the longest time that they may take.
  std::chrono::milliseconds lasts{4000};
  /// The attack of a client. Returns a remark for the report, or throws.
  std::string (*client)(ClientAttack&) = nullptr;
  /// The set-ups to which the attack applies, as letters of Place.
  std::string_view places = "CUD";
  /// Also part of the short run.
  bool is_short = false;
  /// The violation that is noticed without a sandbox. Empty: the attack is not tried without one.
  std::string_view unconfined = {};
  /// What is not contained, according to docs/security.md: the letters of the set-ups, and the sentence.
  std::string_view open_places = {};
  std::string_view open = {};
};

const std::vector<Attack>& attacks();

/// Whether the attack tries to exceed a budget of docs/operation.md. These are the same on every layer.
bool spends_a_budget(const Attack& attack);

}  // namespace tellina::hostile
