#include "ipc_layer.hpp"

namespace tellina::ipc {
namespace {

constexpr std::chrono::seconds retry_interval{1};

class IpcSubscription final : public Subscription {
 public:
  IpcSubscription(Transport& transport, const ChannelName& channel, Receiver receiver)
      : m_transport(transport),
        m_subscriber(std::make_shared<Subscriber>(std::move(receiver))),
        m_channel(transport.subscribe(channel.text(), m_subscriber)) {}

  ~IpcSubscription() override { m_transport.unsubscribe(m_channel, m_subscriber); }

 private:
  Transport& m_transport;
  const std::shared_ptr<Subscriber> m_subscriber;
  const std::shared_ptr<Channel> m_channel;
};

}  // namespace

IpcLayer::IpcLayer(const PluginContext& context) : m_context(context), m_settings(read_settings(context.config)) {}

IpcLayer::~IpcLayer() = default;

SendResult IpcLayer::send(const ChannelName& channel, Message message) {
  Transport* transport = m_open;
  if (!transport) transport = try_to_open();
  return transport ? transport->send(channel.text(), std::move(message)) : SendResult::unavailable;
}

std::unique_ptr<Subscription> IpcLayer::receive(const ChannelName& channel, Receiver receiver) {
  return std::make_unique<IpcSubscription>(opened(), channel, std::move(receiver));
}

int IpcLayer::begin_dispatching() { return opened().begin_dispatching(); }

bool IpcLayer::dispatch() { return m_open.load()->dispatch(); }

void IpcLayer::end_dispatching() { m_open.load()->end_dispatching(); }

Transport& IpcLayer::opened() {
  if (Transport* transport = m_open) return *transport;
  std::lock_guard lock(m_mutex);
  return open();
}

Transport& IpcLayer::open() {
  if (m_transport) return *m_transport;
  try {
    m_transport = std::make_unique<Transport>(m_settings, m_context);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& failure) {
    throw Error(ErrorCode::unavailable, std::string("channel layer ipc: cannot open: ") + failure.what());
  }
  m_open = m_transport.get();
  return *m_transport;
}

Transport* IpcLayer::try_to_open() {
  std::lock_guard lock(m_mutex);
  const MonotonicTime now = m_context.clock.now();
  if (!m_transport && m_next_try && now < *m_next_try) return nullptr;
  try {
    return &open();
  } catch (const Error& error) {
    m_context.log.error(error.what() + (error.hint().empty() ? std::string() : "; " + error.hint()));
    m_next_try = now + retry_interval;
    return nullptr;
  }
}

}  // namespace tellina::ipc
