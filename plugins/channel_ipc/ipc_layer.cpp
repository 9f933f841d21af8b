#include "ipc_layer.hpp"

namespace tellina::ipc {
namespace {

constexpr std::chrono::seconds between_tries{1};

class IpcSubscription final : public Subscription {
 public:
  IpcSubscription(PostOffice& office, const ChannelName& channel, Receiver receiver)
      : m_office(office),
        m_subscriber(std::make_shared<Subscriber>(std::move(receiver))),
        m_channel(office.subscribe(channel.text(), m_subscriber)) {}

  ~IpcSubscription() override { m_office.unsubscribe(m_channel, m_subscriber); }

 private:
  PostOffice& m_office;
  const std::shared_ptr<Subscriber> m_subscriber;
  const std::shared_ptr<Channel> m_channel;
};

}  // namespace

IpcLayer::IpcLayer(const PluginContext& context) : m_context(context), m_settings(read_settings(context.config)) {}

IpcLayer::~IpcLayer() = default;

SendResult IpcLayer::send(const ChannelName& channel, Message message) {
  PostOffice* office = m_open;
  if (!office) office = try_to_open();
  return office ? office->send(channel.text(), std::move(message)) : SendResult::unavailable;
}

std::unique_ptr<Subscription> IpcLayer::receive(const ChannelName& channel, Receiver receiver) {
  return std::make_unique<IpcSubscription>(opened(), channel, std::move(receiver));
}

int IpcLayer::begin_dispatching() { return opened().begin_dispatching(); }

bool IpcLayer::dispatch() { return m_open.load()->dispatch(); }

void IpcLayer::end_dispatching() { m_open.load()->end_dispatching(); }

PostOffice& IpcLayer::opened() {
  if (PostOffice* office = m_open) return *office;
  std::lock_guard lock(m_mutex);
  return open();
}

PostOffice& IpcLayer::open() {
  if (m_office) return *m_office;
  try {
    m_office = std::make_unique<PostOffice>(m_settings, m_context);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& failure) {
    throw Error(ErrorCode::unavailable, std::string("channel layer ipc: cannot open: ") + failure.what());
  }
  m_open = m_office.get();
  return *m_office;
}

PostOffice* IpcLayer::try_to_open() {
  std::lock_guard lock(m_mutex);
  const MonotonicTime now = m_context.clock.now();
  if (!m_office && m_next_try && now < *m_next_try) return nullptr;
  try {
    return &open();
  } catch (const Error& error) {
    m_context.log.error(error.what() + (error.hint().empty() ? std::string() : "; " + error.hint()));
    m_next_try = now + between_tries;
    return nullptr;
  }
}

}  // namespace tellina::ipc
