#pragma once

/// Which response each path gets.

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "host/gateway/response.hpp"

namespace tellina {

class Lane;

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

/// The permission to open a WebSocket.
struct UpgradeGrant {
  std::int64_t participant = 0;
  std::uint64_t affinity = 0;    ///< see WorkerReply
  bool offers_protocol = false;  ///< the client named tellina.v1
  std::string address;           ///< the client's, for the record
};

using Outcome = std::variant<Response, UpgradeGrant>;
using Answer = std::function<void(Outcome)>;

/// Who has sent a request, and how.
class Client {
 public:
  Client(const boost::asio::ip::address& peer_, bool is_encrypted_) : peer(peer_), is_encrypted(is_encrypted_) {}
  boost::asio::ip::address peer;
  bool is_encrypted;  ///< over TLS of this server
};

/// Calls `answer` exactly once: before it returns or, if it has to ask a worker, later on the lane's loop. The caller
/// keeps ownership of the request, which is not used after answer_request() returns.
void answer_request(Lane& lane, const HttpRequest& request, const Client& client, Answer answer);

}  // namespace tellina
