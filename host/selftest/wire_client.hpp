#pragma once

/// A participant's client that speaks the public protocol, with an end to every wait.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "host/gateway/sockets.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// Connects to this machine's loopback address.
///
/// Threads: one that is none of the loops', as every call waits. Throws Error(timed_out) at the deadline, Error(gone)
/// once a stop is requested, Error(unavailable) where the connection fails; it is of no use after that.
class WireClient {
 public:
  class Answer {
   public:
    int status = 0;
    std::string body;
    std::string cookie;  ///< of Set-Cookie, without its attributes
  };

  WireClient(Clock& clock, std::uint16_t port, MonotonicTime deadline, std::stop_token stop);
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;

  Answer get(const std::string& path, const std::string& cookie);
  Answer post(const std::string& path, const std::string& json);

  /// Upgrades to the terminal's WebSocket.
  void open_terminal(const std::string& cookie);
  void tell(const boost::json::object& frame);
  /// Types at offset `from` of the input stream.
  void type(std::uint64_t from, const std::string& text);
  /// The first text frame for which `fits` holds, taken with all before it. `what` says what is waited for.
  boost::json::object await(const std::string& what, const std::function<bool(const boost::json::object&)>& fits);
  /// Until `text` stands in the output that came since the last open_terminal() or forget_output().
  void await_output(const std::string& text);
  void forget_output() { m_output.clear(); }

 private:
  using Stream = boost::beast::websocket::stream<TimedStream, false>;

  Answer exchange(const std::string& method, const std::string& path, const std::string& cookie,
                  const std::string& body);
  void connect(TimedStream& stream);
  void read();
  void take_frame();
  /// Runs handlers until `done`.
  void run_until(const std::function<bool()>& done, const std::string& what);
  /// Waits for one operation, whose handler calls finish().
  void wait(const std::string& what);
  void finish(boost::system::error_code error);

  Clock& m_clock;
  const std::uint16_t m_port;
  const MonotonicTime m_deadline;
  const std::stop_token m_stop;
  boost::asio::io_context m_context{1};
  boost::asio::executor_work_guard<LoopExecutor> m_work{m_context.get_executor()};
  const std::stop_callback<std::function<void()>> m_wake_up;
  std::optional<boost::system::error_code> m_finished;
  std::optional<Stream> m_terminal;
  boost::beast::flat_buffer m_buffer;
  std::deque<boost::json::object> m_frames;
  std::string m_output;
  boost::system::error_code m_read_error;
};

}  // namespace tellina
