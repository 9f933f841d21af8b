#pragma once

/// The entry through an open link: who comes, and what became of it.

#include <string>
#include <vector>

#include "host/study/participant.hpp"
#include "host/study/timestamp.hpp"

namespace tellina {

class Database;

/// Someone with an external id, which may be known to anyone.
class JoinRequest {
 public:
  JoinRequest() = default;
  std::string stage;  ///< of the study now
  std::string external_id;
  std::string parameters;                   ///< further ones, as JSON
  std::string access_code;                  ///< of a new participant: random, never used before
  std::vector<std::string> token_hashes{};  ///< of the cookies that the browser has: hexadecimal SHA-256
  std::string browser_key;                  ///< of the browser, which alone knows it; empty: none
  bool rejoins_anywhere = false;            ///< the external id alone is enough to return
  bool is_closed = false;                   ///< nobody is added
  int limit = 0;  ///< 0 only if it is closed; of the stage's participants who have come, without excluded ones
};

class JoinResult {
 public:
  enum class Kind {
    added,     ///< is a participant now
    returned,  ///< was one before
    taken,     ///< the external id is a participant's, and nothing shows that it is this browser's
    closed,
    full
  };
  JoinResult(Kind kind_, ParticipantId participant_) : kind(kind_), participant(participant_) {}
  Kind kind;
  ParticipantId participant = 0;  ///< of `added` and `returned`
};

/// A part of StoreTransaction::join(). The caller holds the database's only write transaction, so of any number of
/// requests with one external id, one adds a participant.
JoinResult join_study(Database& database, const JoinRequest& request, Timestamp at);

}  // namespace tellina
