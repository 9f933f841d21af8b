#pragma once

/// What a worker answers to a request of the gateway.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tellina/bytes.hpp"

namespace tellina {

class WorkerReply {
 public:
  WorkerReply() = default;
  WorkerReply(int status_, std::string body_) : status(status_), body(std::move(body_)) {}

  int status = 503;
  std::string body;              ///< JSON, as it goes to the client
  std::string cookie;            ///< of a login: the session's token
  std::int64_t participant = 0;  ///< of authenticate
  std::uint64_t affinity = 0;    ///< of authenticate: which loop, modulo their number
};

/// True for 1 to 200 letters, digits, '-' and '_': what a session token may look like.
bool is_token(std::string_view text);

/// The JSON body of an answer that is an error: {"error": {"code": ..., "message": ...}}.
std::string error_body(std::string_view code, std::string_view message);

/// What stands in for the answer that no worker gave.
WorkerReply busy_reply();

/// Reads {"status": 200, "body": {...}, "cookie"?, "participant"?, "affinity"?}. Nothing where it is not that.
std::optional<WorkerReply> parse_worker_reply(BytesView text);

}  // namespace tellina
