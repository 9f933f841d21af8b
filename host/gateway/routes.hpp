#pragma once

/// What is answered on which path.

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

/// The client may have its WebSocket.
class UpgradeGrant {
 public:
  UpgradeGrant(std::int64_t participant_, std::uint64_t affinity_, bool offers_protocol_, std::string address_)
      : participant(participant_),
        affinity(affinity_),
        offers_protocol(offers_protocol_),
        address(std::move(address_)) {}

  std::int64_t participant;
  std::uint64_t affinity;  ///< which loop, modulo their number
  bool offers_protocol;    ///< the client named tellina.v1
  std::string address;     ///< the client's, for the record
};

using Outcome = std::variant<Response, UpgradeGrant>;
using Answer = std::function<void(Outcome)>;

/// Calls `answer` once: before it returns, or later on the lane's loop where a worker has to be asked. The request
/// stays the caller's and is not used after answer_request() has returned.
void answer_request(Lane& lane, const HttpRequest& request, const boost::asio::ip::address& peer, Answer answer);

}  // namespace tellina
