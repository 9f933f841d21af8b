#pragma once

/// What is tried against the server.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "hostile/set_up.hpp"
#include "support/test_client.hpp"

namespace tellina::hostile {

/// What the attacks of clients work with.
class ClientAttack {
 public:
  SetUp& set_up;
  testing::TestClient& attacker;  ///< at a prompt, with a running task
  std::chrono::milliseconds lasts;
};

class Attack {
 public:
  std::string_view name;
  /// Typed at the attacker's shell as one line. Empty for the attack of a client.
  std::string_view script;
  /// A regular expression (ECMAScript) that the script's output must match. Empty: any output will do.
  std::string_view expected;
  /// For a script that does not end: the time until Ctrl-C. For others: the longest time that they may take.
  std::chrono::milliseconds lasts{3000};
  /// Returns what must be said in the report, or throws.
  std::string (*client)(ClientAttack&) = nullptr;
  /// Set-ups on which it makes sense.
  std::string_view places = "CUD";
  bool is_short = false;  ///< belongs to the short form
};

const std::vector<Attack>& attacks();

}  // namespace tellina::hostile
