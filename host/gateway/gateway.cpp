#include "host/gateway/gateway.hpp"

#include "host/gateway/gateway_state.hpp"
#include "host/gateway/lane.hpp"
#include "host/gateway/listener.hpp"
#include "host/gateway/worker_probe.hpp"
#include "host/limits.hpp"

namespace tellina {

class Gateway::Parts {
 public:
  Parts(GatewayConfig config, ChannelLayer& layer, Clock& clock, Random& random, Log& log)
      : state(std::move(config), layer, clock, random, log) {}

  template <typename Task>
  void on_every_lane(Task task) {
    for (const auto& lane : state.lanes) {
      lane->loop().post([lane, task, active = std::make_shared<WaitGroup::Token>(state.active)] { task(*lane); });
    }
  }

  void close_channels() {
    for (const auto& lane : state.lanes) lane->close();
  }

  GatewayState state;
  std::shared_ptr<WorkerProbe> worker_probe;
  bool started = false;
};

Gateway::Gateway(GatewayConfig config, ChannelLayer& layer, std::vector<AsioLoop*> loops, Clock& clock, Random& random,
                 Log& log) {
  if (loops.empty()) throw Error(ErrorCode::bad_request, "gateway: expected at least one event loop, got none");
  m_parts = std::make_unique<Parts>(std::move(config), layer, clock, random, log);
  GatewayState& state = m_parts->state;
  for (std::size_t number = 0; number < loops.size(); ++number) {
    const ChannelName channel(state.config.channel_prefix + "gateway." + state.config.id + "-" +
                              std::to_string(number));
    state.lanes.push_back(std::make_shared<Lane>(state, *loops[number], channel.text()));
  }
}

Gateway::~Gateway() { stop(); }

void Gateway::check_listening(const GatewayConfig& config) {
  boost::asio::io_context context(1);
  open_acceptor(context, config);
}

std::uint16_t Gateway::start() {
  const auto listener = std::make_shared<Listener>(m_parts->state.lanes.front());
  const std::uint16_t port = listener->open();
  try {
    for (const auto& lane : m_parts->state.lanes) lane->open();
  } catch (...) {
    m_parts->close_channels();
    throw;
  }
  m_parts->started = true;
  m_parts->worker_probe = std::make_shared<WorkerProbe>(m_parts->state.lanes.front());
  m_parts->state.lanes.front()->loop().post([listener, worker_probe = m_parts->worker_probe] {
    listener->start();
    worker_probe->start();
  });
  return port;
}

void Gateway::reload_certificate() {
  GatewayState& state = m_parts->state;
  if (!state.tls) return;
  state.tls->reload();
  state.warn_of_exposure();
}

void Gateway::use_pictures(const std::vector<Picture>& pictures) { m_parts->state.pictures.use(pictures); }

void Gateway::stop() {
  if (!std::exchange(m_parts->started, false)) return;
  GatewayState& state = m_parts->state;
  m_parts->on_every_lane([](Lane& lane) { lane.stop_gracefully(); });
  if (!state.active->wait_until_none(state.config.limits.stop_timeout)) {
    m_parts->on_every_lane([](Lane& lane) { lane.close_all_now(); });
    state.active->wait_until_none(limits::last_handlers);
  }
  m_parts->close_channels();
  if (!state.active->wait_until_none(limits::last_handlers))
    state.log.error("gateway: some connections did not end when the gateway stopped");
}

}  // namespace tellina
