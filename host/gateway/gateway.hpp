#pragma once

/// The role that speaks HTTP and WebSocket with browsers. It knows no study and opens no store: it asks a worker, over
/// the channel layer, for everything that its own files do not answer.

#include <boost/asio/ip/network_v6.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/gateway/login_limiter.hpp"
#include "host/gateway/pictures.hpp"
#include "host/limits.hpp"
#include "host/runtime/asio_loop.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Limits on the resources and the time that a client may use. Tests shorten the defaults.
class GatewayLimits {
 public:
  GatewayLimits() = default;

  std::uint32_t header_bytes = 16 * 1024;  ///< of request line and headers; 431 if exceeded
  std::uint64_t body_bytes = 64 * 1024;    ///< of a request's body; 413 if exceeded
  /// The most requests to workers that may be pending on one loop. The gateway answers the next one with 503.
  std::size_t requests_in_flight = 1024;

  std::chrono::milliseconds idle_timeout{60'000};     ///< between two requests of a connection
  std::chrono::milliseconds header_timeout{10'000};   ///< from the first byte of a request to the end of its headers
  std::chrono::milliseconds body_timeout{10'000};     ///< from the end of the headers to the end of the body
  std::chrono::milliseconds write_timeout{30'000};    ///< for a client to read a response; see write_time()
  std::size_t download_rate = limits::download_rate;  ///< bytes per second, for long responses
  std::chrono::milliseconds reply_timeout{2'000};     ///< for a worker to answer a request

  std::size_t frame_bytes = limits::frame;          ///< of a WebSocket message; a larger one is closed with 1009
  std::size_t input_window = limits::input_window;  ///< bytes of input forwarded and not yet credited
  std::size_t frame_window = limits::frame_window;  ///< frames forwarded and not yet credited, in frame_units()
  std::size_t output_queue = 1024 * 1024;           ///< bytes not yet written to a socket; it is closed above that
  std::chrono::milliseconds accept_timeout{3'000};  ///< for a worker to accept a connection
  std::chrono::milliseconds owner_interval{500};    ///< between two checks that an owner is alive
  std::chrono::milliseconds owner_timeout{1'500};   ///< for the owner to answer before its connections are closed
  std::chrono::milliseconds websocket_idle_timeout{30'000};  ///< for a peer that sends nothing, not even pongs
  std::chrono::milliseconds handshake_timeout{
      10'000};  ///< for the opening handshake; also for the reply to a close frame if this is less than 3 s
  std::chrono::milliseconds retry_interval{5};  ///< between tries to send on a full channel
  int retries = 200;                            ///< before the connection is closed

  LoginRates logins;
  LoginRates joins = join_rates();

  std::chrono::milliseconds stop_timeout{2'000};  ///< for clients to disconnect after their close frame

  /// How long a client may take to read a response with so many bytes.
  std::chrono::milliseconds write_time(std::size_t bytes) const {
    return write_timeout + std::chrono::milliseconds(bytes * 1000 / download_rate);
  }
};

class Lane;
class PluginFigures;
class Response;

class GatewayConfig {
 public:
  GatewayConfig() = default;

  std::string address = "127.0.0.1";  ///< a numeric address or a name of this machine
  std::uint16_t port = 10411;         ///< 0 takes a free one
  /// The path under which a proxy offers the server, such as "/study", or empty. The gateway answers requests with it
  /// and without it, because a proxy may keep or remove the path.
  std::string base_path;
  /// "host" or "host:port" of the configured public address, or empty. A page from this host counts as same-origin,
  /// even if a proxy changes the Host header.
  std::string public_host;
  /// The names that the header Host may have: see AllowedHosts.
  std::vector<std::string> hosts;
  bool allows_only_listed_hosts = false;
  /// Letters and digits that distinguish this study's cookies from those of other studies at the same host; may be
  /// empty.
  std::string study_key;
  /// PEM files of the certificate and its key; empty for plain text. With them, requests in plain text are redirected.
  std::string certificate;
  std::string key;
  std::chrono::seconds hsts{0};  ///< for Strict-Transport-Security; 0: without it
  std::size_t connections_per_address = 4096;
  /// All connections together. While few are free, the gateway closes idle HTTP connections. When none is free, it
  /// refuses new ones with 503. It never closes WebSockets to make room.
  std::size_t connections = 65536;
  /// Peers whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host headers are trusted. Their own connections are
  /// not limited, because they carry many clients. IPv4 networks are mapped into IPv6.
  std::vector<boost::asio::ip::network_v6> trusted_proxies;
  /// The figures of this process's plugins, if no worker of this process reports them; else null.
  const PluginFigures* plugin_figures = nullptr;
  std::string static_root;                   ///< the folder behind /static/
  std::vector<Picture> pictures;             ///< of the study's texts, behind /study/
  bool allow_metrics_from_anywhere = false;  ///< if false, only loopback peers may read /metrics
  std::string id;  ///< the lanes' channels are "gateway." + id + "-" + number; unique among gateways on one layer
  std::string channel_prefix;  ///< in front of the names of all channels: of the lanes' and of the workers'
  /// Handles GET /test on a lane's loop, and calls its second argument there exactly once. If empty, the path does not
  /// exist.
  std::function<void(Lane&, std::function<void(Response)>)> self_test;
  GatewayLimits limits;
};

/// Threads: one thread, which runs none of the loops, calls the constructor, start(), stop() and the destructor.
/// Lifetime: the loops run from before start() until after stop(). The loops and the referenced parts must outlive the
/// gateway.
class Gateway {
 public:
  /// Opens nothing yet. Throws Error(bad_request) if `loops` is empty or the id is not valid in a channel name, and
  /// Error(not_found) if the static root is not a folder, and CertificateError if the certificate cannot be used.
  Gateway(GatewayConfig config, ChannelLayer& layer, std::vector<AsioLoop*> loops, Clock& clock, Random& random,
          Log& log);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  /// Calls stop().
  ~Gateway();

  /// Throws what start() would throw if the configured address cannot be listened on.
  static void check_listening(const GatewayConfig& config);

  /// Returns the port once clients can connect. Throws Error(unavailable or permission_denied), which names the
  /// address, the port, the cause and a remedy.
  std::uint16_t start();

  /// Reads the certificate and its key again, for new connections. Throws CertificateError if they cannot be used; then
  /// the old ones stay. Does nothing without a certificate. Threads: any.
  void reload_certificate();

  /// Serves these pictures from now on, and those of before while memory allows; see Pictures. Threads: any.
  void use_pictures(const std::vector<Picture>& pictures);

  /// Stops listening, closes WebSockets with 1001, waits for pending requests, and closes the remaining sockets after
  /// `limits.stop_timeout`. When it returns, no code of the gateway runs on the loops. Idempotent.
  void stop();

 private:
  class Parts;
  std::unique_ptr<Parts> m_parts;
};

}  // namespace tellina
