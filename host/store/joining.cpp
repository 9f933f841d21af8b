#include "host/store/joining.hpp"

#include <algorithm>
#include <optional>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/store/database.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

/// Null without a key. With the external id in it, the hashes of one browser's participants differ.
std::string browser_hash(const JoinRequest& request) {
  return request.browser_key.empty() ? std::string() : sha256(request.browser_key + '\n' + request.external_id);
}

bool is_own_cookie(Database& database, const std::string& token_hash, ParticipantId participant, Timestamp at) {
  Query row = database.query("SELECT 1 FROM logins WHERE token_hash = ? AND participant_id = ? AND logged_in_at > ?",
                             token_hash, participant, at.wall - limits::login_lifetime);
  return row.next();
}

bool is_full(Database& database, const JoinRequest& request) {
  // A participant whose code is in the configuration belongs to no stage before they come.
  Query row = database.query(
      "SELECT count(*) FROM participants WHERE stage = ? AND first_seen_at IS NOT NULL AND excluded_at IS NULL",
      request.stage);
  return row.next() && row.integer(0) >= request.limit;
}

std::optional<JoinResult> find_joined(Database& database, const JoinRequest& request, Timestamp at) {
  ParticipantId participant = 0;
  bool is_known_browser = false;
  {
    Query row = database.query("SELECT id, browser_hash FROM participants WHERE stage = ? AND external_id = ?",
                               request.stage, request.external_id);
    if (!row.next()) return std::nullopt;
    participant = row.integer(0);
    const std::string hash = browser_hash(request);
    is_known_browser = !hash.empty() && hash == row.text(1);
  }
  const bool may_return =
      request.rejoins_anywhere || is_known_browser ||
      std::any_of(request.token_hashes.begin(), request.token_hashes.end(),
                  [&](const std::string& hash) { return is_own_cookie(database, hash, participant, at); });
  if (!may_return) return JoinResult(JoinResult::Kind::taken, 0);
  return JoinResult(JoinResult::Kind::returned, participant);
}

}  // namespace

JoinResult join_study(Database& database, const JoinRequest& request, Timestamp at) {
  TELLINA_ASSERT_PROCESS(!request.external_id.empty() && request.external_id.size() <= limits::external_id);
  TELLINA_ASSERT_PROCESS(request.access_code.size() >= 2 * limits::joined_code);
  TELLINA_ASSERT_PROCESS(request.limit > 0 || request.is_closed);
  if (const auto joined = find_joined(database, request, at)) return *joined;
  if (request.is_closed) return {JoinResult::Kind::closed, 0};
  if (is_full(database, request)) return {JoinResult::Kind::full, 0};
  const int added = database.execute(
      "INSERT INTO participants (access_code, added_by_command, added_at, stage, external_id, entry_parameters, "
      "browser_hash, first_seen_at, last_seen_at) VALUES (?1, 1, ?2, ?3, ?4, ?5, nullif(?6, ''), ?2, ?2)",
      request.access_code, at.wall, request.stage, request.external_id, request.parameters, browser_hash(request));
  TELLINA_ASSERT_PROCESS(added == 1);
  return {JoinResult::Kind::added, database.last_inserted_id()};
}

}  // namespace tellina
