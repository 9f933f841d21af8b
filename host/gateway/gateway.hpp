#pragma once

/// The role that speaks HTTP and WebSocket with browsers. It knows no study and opens no store: what it cannot answer
/// from its own files it asks a worker over the channel layer.

#include <boost/asio/ip/network_v6.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/limits.hpp"
#include "host/runtime/asio_loop.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Bounds on what a client may use of the gateway, and for how long. Tests shorten the defaults.
class GatewayLimits {
 public:
  GatewayLimits() = default;

  std::uint32_t header_bytes = 16 * 1024;  ///< request line and headers; more is answered 431
  std::uint64_t body_bytes = 64 * 1024;    ///< of a request; more is answered 413
  /// Pending requests to workers, per loop; one more is answered 503.
  std::size_t requests_in_flight = 1024;

  std::chrono::milliseconds idle_timeout{60'000};    ///< between two requests of a connection
  std::chrono::milliseconds header_timeout{10'000};  ///< from a request's first byte to the end of its headers
  std::chrono::milliseconds body_timeout{10'000};    ///< from there to the end of its body
  std::chrono::milliseconds write_timeout{30'000};   ///< for a client to take an answer
  std::chrono::milliseconds reply_timeout{2'000};    ///< for a worker to answer a request

  std::size_t frame_bytes = limits::frame;                   ///< of a WebSocket message; more is closed with 1009
  std::size_t input_window = limits::input_window;           ///< bytes of `data` forwarded and not yet credited
  std::size_t output_queue = 1024 * 1024;                    ///< bytes not yet written to a socket; more closes it
  std::chrono::milliseconds accept_timeout{3'000};           ///< for a worker to accept a connection
  std::chrono::milliseconds owner_interval{500};             ///< between two questions whether an owner is there
  std::chrono::milliseconds owner_timeout{1'500};            ///< for it to answer, before its connections are closed
  std::chrono::milliseconds websocket_idle_timeout{30'000};  ///< for a peer that sends nothing, pongs included
  std::chrono::milliseconds handshake_timeout{
      10'000};  ///< of WebSocket's opening; also for an answer to a close, where shorter than 3 s
  std::chrono::milliseconds retry_interval{5};  ///< between tries to send on a full channel
  int retries = 200;                            ///< of such tries, before the connection is closed

  int login_failures = 10;  ///< of one address within login_window; then it is answered 429
  std::chrono::milliseconds login_window{60'000};

  std::chrono::milliseconds stop_timeout{2'000};  ///< for clients to leave in order
};

class Lane;
class Response;

class GatewayConfig {
 public:
  GatewayConfig() = default;

  std::string address = "127.0.0.1";  ///< a numeric address or a name of this machine
  std::uint16_t port = 10411;         ///< 0 takes a free one
  /// The path under which a proxy offers the server, as "/study"; empty for none. Requests are answered with it and
  /// without it, as a proxy may pass it on or cut it off.
  std::string base_path;
  /// "host" or "host:port" of the address that participants know, where that is configured: its pages are the server's
  /// own, whatever Host a proxy sends. May be empty.
  std::string public_host;
  std::size_t connections_per_address = 4096;
  /// Peers whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are believed, and whose connections are not
  /// limited, as they are many clients'. IPv4 networks are mapped into IPv6.
  std::vector<boost::asio::ip::network_v6> trusted_proxies;
  std::string static_root;                   ///< the folder behind /static/
  bool allow_metrics_from_anywhere = false;  ///< else /metrics is for loopback peers only
  std::string id;  ///< the lanes' channels are "gateway." + id + "-" + number; unique among gateways on one layer
  std::string channel_prefix;  ///< in front of the names of all channels: of the lanes' and of the workers'
  /// Handles GET /test on a lane's loop and calls its second argument there, once. Empty: the path does not exist.
  std::function<void(Lane&, std::function<void(Response)>)> self_test;
  GatewayLimits limits;
};

/// Threads:  the constructor, start(), stop() and the destructor belong to one thread that is none of the loops'.
/// Lifetime: the loops run from before start() until after stop(), and outlive the gateway, as do the lent parts.
class Gateway {
 public:
  /// Opens nothing yet. Throws Error(bad_request) where `loops` is empty or the id makes no channel name, and
  /// Error(not_found) where the static root is no folder.
  Gateway(GatewayConfig config, ChannelLayer& layer, std::vector<AsioLoop*> loops, Clock& clock, Random& random,
          Log& log);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  /// Calls stop().
  ~Gateway();

  /// Throws what start() would throw where the configured address cannot be listened on.
  static void check_listening(const GatewayConfig& config);

  /// Returns the port once clients can connect. Throws Error(unavailable or permission_denied) that names address,
  /// port, cause and the way out.
  std::uint16_t start();

  /// Stops listening, closes WebSockets with 1001, lets requests under way be answered, and cuts what is left after
  /// `limits.stop_timeout`. Nothing of the gateway runs on the loops when it returns. Idempotent.
  void stop();

 private:
  class Parts;
  std::unique_ptr<Parts> m_parts;
};

}  // namespace tellina
