#pragma once

/// An HTTP client that can also send invalid HTTP.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tellina::testing {

/// Header names are in lower case. A repeated header has both values, joined by ", ".
class RawAnswer {
 public:
  int status = 0;  ///< 0 if the connection ended, or 5 s passed, before the response was complete
  std::map<std::string, std::string> headers;
  std::string body;

  std::string operator[](const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// Blocking, with a deadline of 5 s for everything. Threads: one.
class RawClient {
 public:
  /// `receive_buffer`: bytes that the system buffers for a client that does not read; 0 for the default.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  /// Returns false if the other side is gone.
  bool send(std::string_view bytes);
  RawAnswer read_answer(bool has_body = true);
  /// Sends "METHOD PATH HTTP/1.1" with a Host, the given header lines (each with its "\r\n") and a body, and reads the
  /// answer.
  RawAnswer request(const std::string& method, const std::string& path, const std::string& header_lines = {},
                    const std::string& body = {});
  RawAnswer get(const std::string& path, const std::string& header_lines = {}) {
    return request("GET", path, header_lines);
  }
  RawAnswer login(const std::string& access_code, const std::string& header_lines = {});
  /// The same without reading the answer.
  void send_request(const std::string& method, const std::string& path, const std::string& header_lines = {},
                    const std::string& body = {});
  void send_login(const std::string& access_code, const std::string& header_lines = {});

  /// Returns true once the other side has closed; false after 5 s.
  bool is_closed();
  std::string host() const { return "127.0.0.1:" + std::to_string(m_port); }

 private:
  bool receive();

  const std::uint16_t m_port;
  int m_socket = -1;
  std::string m_received;
};

}  // namespace tellina::testing
