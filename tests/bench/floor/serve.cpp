#include "bench/floor/serve.hpp"

#include <array>
#include <csignal>
#include <iostream>
#include <memory>

#include <fcntl.h>
#include <sys/resource.h>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include "bench/floor/shell.hpp"

namespace tellina::floor {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

/// The most that the kernel returns from a pty at once.
constexpr std::size_t pty_bytes = 4096;

/// Lives as long as one of its two loops waits.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, std::uint64_t drop)
      : m_socket(std::move(socket)), m_pty(m_socket.get_executor()), m_drop(drop) {}

  void run() {
    m_socket.next_layer().set_option(Tcp::no_delay(true));
    m_socket.binary(true);
    m_socket.async_accept([self = shared_from_this()](error_code error) {
      if (error) return;
      self->m_shell = std::make_unique<Shell>(bare_bash());
      self->m_pty.assign(self->m_shell->take_pty());
      self->read_keys();
      self->read_output();
    });
  }

 private:
  void read_keys() {
    m_socket.async_read(m_keys, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->end();
      asio::async_write(self->m_pty, self->m_keys.data(), [self](error_code write_error, std::size_t written) {
        if (write_error) return self->end();
        self->m_keys.consume(written);
        self->read_keys();
      });
    });
  }

  void read_output() {
    m_pty.async_read_some(asio::buffer(m_output), [self = shared_from_this()](error_code error, std::size_t size) {
      if (error) return self->end();
      const std::size_t kept = self->m_drop == 0 ? size : self->drop_some(size);
      self->m_socket.async_write(asio::buffer(self->m_output.data(), kept),
                                 [self](error_code write_error, std::size_t) {
                                   if (write_error) return self->end();
                                   self->read_output();
                                 });
    });
  }

  std::size_t drop_some(std::size_t size) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (++m_printed % m_drop != 0) m_output[kept++] = m_output[i];
    }
    return kept;
  }

  void end() {
    error_code ignored;
    m_pty.close(ignored);
    beast::get_lowest_layer(m_socket).close(ignored);
    m_shell.reset();
  }

  beast::websocket::stream<Tcp::socket> m_socket;
  asio::posix::stream_descriptor m_pty;
  std::unique_ptr<Shell> m_shell;
  beast::flat_buffer m_keys;
  std::array<char, pty_bytes> m_output;
  std::uint64_t m_drop;
  std::uint64_t m_printed = 0;
};

void accept(Tcp::acceptor& acceptor, std::uint64_t drop) {
  acceptor.async_accept([&acceptor, drop](error_code error, Tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) std::make_shared<Session>(std::move(socket), drop)->run();
    accept(acceptor, drop);
  });
}

}  // namespace

int serve(std::uint64_t drop) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  asio::io_context context(1);
  Tcp::acceptor acceptor(context, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&context](error_code, int) { context.stop(); });
  accept(acceptor, drop);
  std::cout << "listening on http://127.0.0.1:" << acceptor.local_endpoint().port() << '\n' << std::flush;
  context.run();
  return 0;
}

}  // namespace tellina::floor
