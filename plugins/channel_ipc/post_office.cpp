#include "post_office.hpp"

#include <pthread.h>
#include <sys/epoll.h>

#include <csignal>

namespace tellina::ipc {
namespace {

constexpr int high_water_mark = 500;
constexpr int backlog = 1024;
/// What comes after it goes back, and is lost where later messages have gone to another receiver. 100 ms were too short
/// for a receiver on a busy machine to take what ZeroMQ holds, which is up to twice high_water_mark.
constexpr std::chrono::milliseconds longest_farewell{1000};

}  // namespace

PostOffice::PostOffice(const Settings& settings, const PluginContext& context)
    : m_exchange(settings.capacity, context.log, context.clock),
      m_context(1),
      m_socket(m_context, zmq::socket_type::pull),
      m_wait(::epoll_create1(EPOLL_CLOEXEC)),
      m_table(m_exchange),
      m_membership(settings, context.random, context.log, *this) {
  if (!m_wait) throw_errno("channel layer ipc: epoll_create1");
  m_socket.set(zmq::sockopt::linger, 0);
  m_socket.set(zmq::sockopt::rcvhwm, high_water_mark);
  m_socket.set(zmq::sockopt::backlog, backlog);
  m_socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(Envelope::largest));
  enter();
  add_to_wait(m_doorbell.descriptor());
  add_to_wait(m_membership.descriptor());
  add_to_wait(m_socket.get(zmq::sockopt::fd));
  start_thread();
}

PostOffice::~PostOffice() { close(); }

void PostOffice::start_thread() {
  // Signals are for the host's threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  m_thread = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int PostOffice::begin_dispatching() {
  m_is_lent = true;
  m_doorbell.ring();
  m_thread.join();
  m_thread_id = std::this_thread::get_id();
  // What the thread had no time for.
  m_doorbell.ring();
  return m_wait.get();
}

bool PostOffice::dispatch() {
  // A lone message goes on at once. The other sources are looked at behind it, and now and then in a stream of them.
  constexpr unsigned most_hurried = 16;
  const bool came = receive_frames(most_at_once);
  if (came && ++m_hurried % most_hurried != 0) return true;
  return wait(0) || came;
}

void PostOffice::end_dispatching() {
  m_is_lent = false;
  m_thread_id = std::thread::id();
  start_thread();
}

SendResult PostOffice::send(const std::string& name, Message message) {
  if (message.body.size() > max_body_size || !codec::is_encodable(message)) return SendResult::too_large;
  for (;;) {
    const std::shared_ptr<Channel> channel = m_table.find_or_make(name);
    switch (channel->send(m_id.load(std::memory_order_relaxed), message)) {
      case Channel::Taken::sent:
        return SendResult::accepted;
      case Channel::Taken::waits:
        note_waiting();
        return SendResult::accepted;
      case Channel::Taken::waits_for_thread:
        note_waiting();
        schedule(channel);
        return SendResult::accepted;
      case Channel::Taken::full:
        return SendResult::full;
      case Channel::Taken::retired:
        break;
    }
  }
}

std::shared_ptr<Channel> PostOffice::subscribe(const std::string& name, const std::shared_ptr<Subscriber>& subscriber) {
  std::shared_ptr<Channel> channel;
  try {
    std::lock_guard lock(m_announcements);
    do {
      channel = m_table.find_or_make(name);
    } while (!channel->add(subscriber));
    if (!m_announced.contains(name)) m_membership.announce(name);
    m_announced.insert(name);
  } catch (const Error&) {
    channel->take_out(subscriber);
    channel->finish(*subscriber, is_layer_thread());
    throw;
  }
  schedule(channel);
  return channel;
}

void PostOffice::unsubscribe(const std::shared_ptr<Channel>& channel, const std::shared_ptr<Subscriber>& subscriber) {
  const std::string& name = channel->name();
  std::optional<Farewells::Handle> farewell;
  {
    std::lock_guard lock(m_announcements);
    const bool is_last = channel->receivers_here() == 1;
    if (is_last && m_announced.erase(name) > 0) {
      if (!is_layer_thread()) farewell = m_farewells.begin(name);
      m_membership.withdraw(name);
    }
    if (!farewell) channel->take_out(subscriber);
  }
  if (farewell) {
    m_farewells.end(*farewell, longest_farewell);
    std::lock_guard lock(m_announcements);
    channel->take_out(subscriber);
  }
  channel->finish(*subscriber, is_layer_thread());
  schedule(channel);
  m_table.forget_if_idle(channel);
}

void PostOffice::joined(InstanceId id, const std::string& socket_path) {
  try {
    m_peers[id] = std::make_shared<Peer>(m_context, socket_path, m_doorbell);
    m_farewells.joined(id);
  } catch (const Error& error) {
    m_peers.erase(id);
    m_exchange.log.error(error.what());
  }
}

void PostOffice::left(InstanceId id) {
  const auto found = m_peers.find(id);
  if (found == m_peers.end()) return;
  const std::shared_ptr<Peer> peer = found->second;
  m_peers.erase(found);
  m_farewells.left(id);
  std::erase_if(m_blocked, [&](const auto& blocked) {
    if (blocked.second != peer) return false;
    ::epoll_ctl(m_wait.get(), EPOLL_CTL_DEL, blocked.first, nullptr);
    return true;
  });
  peer->close(std::chrono::milliseconds(0));
  for (const std::shared_ptr<Channel>& channel : m_table.all()) {
    channel->remove_peer(peer);
    schedule(channel);
    m_table.forget_if_idle(channel);
  }
}

void PostOffice::receives(InstanceId id, const std::string& name) {
  const auto found = m_peers.find(id);
  if (found == m_peers.end()) return;
  for (;;) {
    const std::shared_ptr<Channel> channel = m_table.find_or_make(name);
    if (!channel->add_peer(found->second)) continue;
    return schedule(channel);
  }
}

void PostOffice::stopped(InstanceId id, const std::string& name) {
  const auto found = m_peers.find(id);
  if (found == m_peers.end()) return;
  if (const std::shared_ptr<Channel> channel = m_table.find(name)) {
    channel->remove_peer(found->second);
    schedule(channel);
    m_table.forget_if_idle(channel);
  }
  found->second->send_first(Envelope::seal_word(Envelope::Purpose::last_word, m_id, name));
}

void PostOffice::lost_marker(const std::string& name) {
  std::lock_guard lock(m_announcements);
  if (m_announced.contains(name)) m_membership.announce(name);
}

void PostOffice::schedule(const std::shared_ptr<Channel>& channel) {
  if (!channel->wants_flush()) return;
  {
    std::lock_guard lock(m_schedule_mutex);
    m_scheduled.push_back(channel);
  }
  m_doorbell.ring();
}

void PostOffice::add_to_wait(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (::epoll_ctl(m_wait.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) throw_errno("channel layer ipc: epoll_ctl");
}

void PostOffice::note_waiting() {
  if (m_something_waits.load(std::memory_order_relaxed)) return;
  if (!m_something_waits.exchange(true)) m_doorbell.ring();
}

}  // namespace tellina::ipc
