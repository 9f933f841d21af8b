#pragma once

/// One HTTP/1.1 connection. It answers each request before it reads the next.

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "host/gateway/http_stream.hpp"
#include "host/gateway/lane.hpp"
#include "host/gateway/routes.hpp"

namespace tellina {

/// Threads: the lane's loop. Pending operations and pending requests to a worker keep the object alive.
class HttpSession final : public LaneMember {
 public:
  HttpSession(std::shared_ptr<Lane> lane, Socket socket, const boost::asio::ip::tcp::endpoint& peer,
              ConnectionLimit::Slot slot);
  ~HttpSession() override;

  void start();
  void close_gracefully() override;
  void close_now() override;

 private:
  void wait_for_request();
  void begin_tls();
  void read_header();
  void on_header();
  void read_body();
  void route();
  void answer(Outcome outcome);

  void write(const Response& response, bool keep_alive);
  void refuse(int status, std::string_view code, std::string_view message);
  void refuse_unreadable(SocketError error);
  void upgrade(const UpgradeGrant& grant);

  const std::shared_ptr<Lane> m_lane;
  HttpStream m_stream;
  const boost::asio::ip::tcp::endpoint m_peer;
  std::optional<ConnectionLimit::Slot> m_slot;  ///< until the socket is handed to a WebSocket
  std::optional<WaitGroup::Token> m_active;
  boost::beast::flat_buffer m_buffer;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> m_parser;
  bool m_may_encrypt;  ///< nothing has been read, so the client may begin with TLS
  bool m_idle = true;  ///< between requests
  std::ptrdiff_t m_header_lines = 0;

  std::string m_head;  ///< of the response being written, body included
  std::shared_ptr<const std::string> m_body;
};

}  // namespace tellina
