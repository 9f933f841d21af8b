#pragma once

/// The gateway's socket types, and a socket that moves between two loops.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/rate_policy.hpp>

#include <unistd.h>

#include <utility>

namespace tellina {

/// Bound to io_context itself rather than any_io_executor, so that the keystroke path has no type erasure.
using LoopExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;
using SocketError = boost::system::error_code;
using TimedStream = boost::beast::basic_stream<boost::asio::ip::tcp, LoopExecutor, boost::beast::unlimited_rate_policy>;

/// An open socket that belongs to no loop. Closes it unless take() is called.
class DetachedSocket {
 public:
  DetachedSocket(boost::asio::ip::tcp protocol, int descriptor) : m_protocol(protocol), m_descriptor(descriptor) {}
  DetachedSocket(DetachedSocket&& other) noexcept
      : m_protocol(other.m_protocol), m_descriptor(std::exchange(other.m_descriptor, -1)) {}
  DetachedSocket& operator=(DetachedSocket&&) = delete;
  ~DetachedSocket() {
    if (m_descriptor >= 0) ::close(m_descriptor);
  }

  /// Throws boost::system::system_error if the kernel refuses to watch another descriptor for the loop.
  Socket take(boost::asio::io_context& context) {
    Socket socket(context);
    socket.assign(m_protocol, m_descriptor);
    m_descriptor = -1;
    return socket;
  }

 private:
  boost::asio::ip::tcp m_protocol;
  int m_descriptor;
};

}  // namespace tellina
