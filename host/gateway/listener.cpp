#include "host/gateway/listener.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

#include "host/gateway/address_key.hpp"
#include "host/gateway/final_response.hpp"
#include "host/gateway/http_session.hpp"
#include "host/limits.hpp"

namespace tellina {
namespace {

namespace asio = boost::asio;
using boost::asio::ip::tcp;

constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::milliseconds room_pause{2};

/// Puts an IPv6 address into brackets, as a URL does, to separate it from the port.
std::string show(const GatewayConfig& config) {
  const bool is_v6 = config.address.find(':') != std::string::npos;
  return (is_v6 ? "[" + config.address + "]" : config.address) + ":" + std::to_string(config.port);
}

[[noreturn]] void fail(const GatewayConfig& config, const SocketError& error) {
  ErrorCode code = ErrorCode::unavailable;
  std::string hint = "check server.address and server.port";
  if (error == asio::error::address_in_use) {
    hint = "another program uses this port: stop it, or choose another port with --port (0 takes a free one)";
  } else if (error == asio::error::access_denied) {
    code = ErrorCode::permission_denied;
    hint = "only root may use ports below 1024: choose a higher port with --port";
  } else if (error == SocketError(EADDRNOTAVAIL, boost::system::system_category())) {
    hint = "this machine does not have this address: use one of its addresses, or 0.0.0.0 for all of them";
  }
  throw Error(code, "cannot listen on " + show(config) + ": " + error.message() + ": " + hint);
}

}  // namespace

Acceptor open_acceptor(asio::io_context& context, const GatewayConfig& config) {
  SocketError error;
  tcp::resolver resolver(context);
  const auto flags = tcp::resolver::passive | tcp::resolver::numeric_service;
  const auto found = resolver.resolve(config.address, std::to_string(config.port), flags, error);
  if (error) fail(config, error);
  const tcp::endpoint endpoint = found.begin()->endpoint();
  Acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (error) fail(config, error);
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  acceptor.bind(endpoint, error);
  if (error) fail(config, error);
  acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) fail(config, error);
  return acceptor;
}

Listener::Listener(std::shared_ptr<Lane> lane)
    : m_lane(std::move(lane)),
      m_active(m_lane->state().active),
      m_acceptor(m_lane->loop().context()),
      m_retry(m_lane->loop().make_timer()),
      m_refusals(std::make_shared<ConnectionLimit>(
          std::min(limits::refusals_at_once,
                   std::max<std::size_t>(m_lane->state().config.connections / limits::free_connections_share, 1)))) {}

Listener::~Listener() { m_lane->remove(this); }

std::uint16_t Listener::open() {
  m_acceptor = open_acceptor(m_lane->loop().context(), m_lane->state().config);
  return m_acceptor.local_endpoint().port();
}

void Listener::start() {
  m_lane->add(self_of(this));
  accept();
}

void Listener::accept() {
  if (!m_acceptor.is_open()) return;
  if (m_lane->state().connections->free() == 0 && closable() > 0) return wait_and_make_room();
  const auto& lanes = m_lane->state().lanes;
  const std::shared_ptr<Lane> lane = lanes[m_next_lane++ % lanes.size()];
  m_acceptor.async_accept(lane->loop().context(), [self = self_of(this), lane](SocketError error, Socket socket) {
    self->on_accept(lane, error, std::move(socket));
  });
}

/// The kernel keeps the new client in its queue until the closed connection has ended.
void Listener::wait_and_make_room() {
  m_acceptor.async_wait(Acceptor::wait_read, [self = self_of(this)](SocketError error) {
    if (error) return;
    self->make_room();
    self->m_retry->start(self->m_lane->state().clock.now() + room_pause, [self] { self->accept(); });
  });
}

void Listener::on_accept(const std::shared_ptr<Lane>& lane, SocketError error, Socket socket) {
  if (error == asio::error::operation_aborted) return;
  if (!error) {
    hand_over(lane, std::move(socket));
    return accept();
  }
  if (error == asio::error::connection_aborted) return accept();
  const MonotonicTime now = m_lane->state().clock.now();
  m_lane->state().client_log.warning("accept", "gateway: cannot accept new connections: " + error.message(), now);
  make_room();
  m_retry->start(now + accept_pause, [self = self_of(this)] { self->accept(); });
}

void Listener::hand_over(const std::shared_ptr<Lane>& lane, Socket socket) {
  SocketError error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;
  GatewayState& state = m_lane->state();
  const std::size_t wanted = state.config.connections / limits::free_connections_share;
  const std::size_t free = state.connections->free();
  // If only a few wait, they are clients that have just connected.
  if (free <= wanted / 2 || (free <= wanted && closable() > wanted)) make_room();
  auto slot = state.proxies.contains(peer.address()) ? state.connections->take()
                                                     : state.connections->take(address_key(peer.address()));
  const bool refused = !slot;
  const bool is_full = refused && state.connections->free() == 0;
  if (refused) {
    m_lane->metrics().refused_connections.add();
    if (is_full) {
      state.client_log.warning("full",
                               "gateway: all " + std::to_string(state.config.connections) +
                                   " connections that the limit of open files has room for are in use; new ones are "
                                   "refused (503)",
                               state.clock.now());
    }
    auto refusal = m_refusals->take("refused");
    if (!refusal) return;
    slot.emplace(std::move(*refusal));
  }
  class Arrival {
   public:
    Arrival(Socket socket_, ConnectionLimit::Slot slot_, std::shared_ptr<WaitGroup> active_)
        : socket(std::move(socket_)), slot(std::move(slot_)), active(std::move(active_)) {}
    Socket socket;
    ConnectionLimit::Slot slot;
    WaitGroup::Token active;
  };
  auto arrival = std::make_shared<Arrival>(std::move(socket), std::move(*slot), state.active);
  lane->loop().post([lane, arrival, peer, refused, is_full] {
    if (lane->is_stopping()) return;
    if (!refused) {
      std::make_shared<HttpSession>(lane, std::move(arrival->socket), peer, std::move(arrival->slot))->start();
      return;
    }
    const Response response =
        json_error(503, "too_many_connections",
                   is_full ? "the server has too many connections" : "this address has too many connections");
    std::string head = serialize_head(response, 11, false, lane->state().clock.wall_time());
    std::make_shared<FinalResponse>(lane, HttpStream(std::move(arrival->socket)), std::move(arrival->slot),
                                    std::move(head), response.body)
        ->start();
  });
}

std::size_t Listener::closable() const {
  std::int64_t sum = 0;
  for (const auto& lane : m_lane->state().lanes) sum += lane->metrics().closable_connections.value();
  return static_cast<std::size_t>(std::max<std::int64_t>(sum, 0));
}

void Listener::make_room() {
  const auto& lanes = m_lane->state().lanes;
  const auto lane = *std::min_element(lanes.begin(), lanes.end(), [](const auto& a, const auto& b) {
    return a->longest_waiting_since() < b->longest_waiting_since();
  });
  lane->loop().post(
      [lane, active = std::make_shared<WaitGroup::Token>(m_lane->state().active)] { lane->close_longest_waiting(); });
}

void Listener::close_now() {
  SocketError ignored;
  m_acceptor.close(ignored);
  m_retry->cancel();
}

}  // namespace tellina
