#pragma once

/// What is tried against the server.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "hostile/set_up.hpp"
#include "support/test_client.hpp"

namespace tellina::hostile {

/// The name of the file that a script makes where it must not be able to.
inline constexpr const char* left_behind = "tellina-attack";
/// The name of the file in the home that a command makes if somebody else's terminal runs it.
inline constexpr const char* pushed = "tellina-pushed";

/// What the attacks of clients work with.
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

/// Scripts keep for a second what they have got, so that the machine shows it. What they print only shows that they
/// ran.
class Attack {
 public:
  std::string_view name;
  Topic topic;
  /// Typed at the attacker's shell as one line. @PORT@, @NAME@ and @FOLDER@ are where it must not get: a TCP port, a
  /// local socket's name, and the study's folder. Empty for the attack of a client.
  std::string_view script = {};
  /// A regular expression (ECMAScript) that the script's output must match: otherwise the attack has not taken place.
  /// Empty: there may be no output.
  std::string_view ran = {};
  /// For a script that does not end: the time until Ctrl-C. For others: the longest time that they may take.
  std::chrono::milliseconds lasts{4000};
  /// Returns what must be said in the report, or throws.
  std::string (*client)(ClientAttack&) = nullptr;
  /// Set-ups on which it makes sense.
  std::string_view places = "CUD";
  /// Belongs to the short form.
  bool is_short = false;
  /// What is noticed if there is no sandbox. Empty: not tried there.
  std::string_view unconfined = {};
  /// What is not contained there, as docs/security.md says: the letters of set-ups, and the sentence.
  std::string_view open_places = {};
  std::string_view open = {};
};

const std::vector<Attack>& attacks();

}  // namespace tellina::hostile
