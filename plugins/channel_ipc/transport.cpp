#include "transport.hpp"

#include <pthread.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>

namespace tellina::ipc {
namespace {

constexpr int high_water_mark = 500;
constexpr int backlog = 1024;
/// How long to drain. Messages that arrive later are returned to their sender, and lost if later messages have gone to
/// another receiver. 100 ms were too short for a receiver on a busy machine to read what ZeroMQ holds, which is up to
/// twice high_water_mark.
constexpr std::chrono::milliseconds longest_drain{1000};
/// How long to deliver accepted messages; after that, ZeroMQ writes the others.
constexpr std::chrono::milliseconds closing_time{300};
constexpr std::chrono::milliseconds last_linger{100};
constexpr std::chrono::seconds retry_interval{1};
constexpr std::chrono::seconds drop_interval{30};

}  // namespace

Transport::Transport(const Settings& settings, const PluginContext& context)
    : m_channel_context(settings.capacity, context.log, context.clock),
      m_context(1),
      m_socket(m_context, zmq::socket_type::pull),
      m_wait(::epoll_create1(EPOLL_CLOEXEC)),
      m_channels([this](const std::string& name) { return std::make_shared<Channel>(name, m_channel_context); }),
      m_membership(settings, context.random, context.log, *this) {
  if (!m_wait) throw_errno("channel layer ipc: epoll_create1");
  m_socket.set(zmq::sockopt::linger, 0);
  m_socket.set(zmq::sockopt::rcvhwm, high_water_mark);
  m_socket.set(zmq::sockopt::backlog, backlog);
  m_socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(Envelope::largest));
  enter();
  add_to_wait(m_wake_up.descriptor());
  add_to_wait(m_membership.descriptor());
  add_to_wait(m_socket.get(zmq::sockopt::fd));
  start_thread();
}

Transport::~Transport() { close(); }

void Transport::start_thread() {
  // The host's threads handle all signals.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  m_thread = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int Transport::begin_dispatching() {
  m_is_dispatched = true;
  m_wake_up.raise();
  m_thread.join();
  m_thread_id = std::this_thread::get_id();
  // Wakes the thread to do the work that is left.
  m_wake_up.raise();
  return m_wait.get();
}

bool Transport::dispatch() {
  // Delivers a single message at once. During a stream of messages, checks the other sources only on every 16th call.
  constexpr unsigned full_check_interval = 16;
  const bool came = receive_frames(most_at_once);
  if (came && ++m_dispatches % full_check_interval != 0) return true;
  return wait(0) || came;
}

void Transport::end_dispatching() {
  m_is_dispatched = false;
  m_thread_id = std::thread::id();
  start_thread();
}

SendResult Transport::send(const std::string& name, Message message) {
  if (message.body.size() > max_body_size || !codec::is_encodable(message)) return SendResult::too_large;
  for (;;) {
    const std::shared_ptr<Channel> channel = m_channels.find_or_make(name);
    switch (channel->send(m_id.load(std::memory_order_relaxed), message)) {
      case Channel::SendOutcome::sent:
        return SendResult::accepted;
      case Channel::SendOutcome::waits:
        note_waiting();
        return SendResult::accepted;
      case Channel::SendOutcome::waits_for_thread:
        note_waiting();
        schedule(channel);
        return SendResult::accepted;
      case Channel::SendOutcome::full:
        return SendResult::full;
      case Channel::SendOutcome::retired:
        break;
    }
  }
}

std::shared_ptr<Channel> Transport::subscribe(const std::string& name, const std::shared_ptr<Subscriber>& subscriber) {
  std::shared_ptr<Channel> channel;
  try {
    std::lock_guard lock(m_announcements);
    do {
      channel = m_channels.find_or_make(name);
    } while (!channel->add(subscriber));
    if (!m_announced.contains(name)) m_membership.announce(name);
    m_announced.insert(name);
  } catch (const Error&) {
    channel->remove(subscriber);
    channel->finish(*subscriber, is_layer_thread());
    throw;
  }
  schedule(channel);
  return channel;
}

void Transport::unsubscribe(const std::shared_ptr<Channel>& channel, const std::shared_ptr<Subscriber>& subscriber) {
  const std::string& name = channel->name();
  std::optional<Drains::Handle> drain;
  {
    std::lock_guard lock(m_announcements);
    const bool is_last = channel->receivers_here() == 1;
    if (is_last && m_announced.erase(name) > 0) {
      if (!is_layer_thread()) drain = m_drains.begin(name);
      m_membership.withdraw(name);
    }
    if (!drain) channel->remove(subscriber);
  }
  if (drain) {
    m_drains.end(*drain, longest_drain);
    std::lock_guard lock(m_announcements);
    channel->remove(subscriber);
  }
  channel->finish(*subscriber, is_layer_thread());
  schedule(channel);
  m_channels.forget_if_idle(channel);
}

void Transport::joined(InstanceId id, const std::string& socket_path) {
  try {
    m_peers[id] = std::make_shared<Peer>(m_context, socket_path, m_wake_up);
    m_drains.joined(id);
  } catch (const Error&) {
    m_peers.erase(id);
    throw;
  }
}

void Transport::left(InstanceId id) {
  const auto found = m_peers.find(id);
  if (found == m_peers.end()) return;
  const std::shared_ptr<Peer> peer = found->second;
  m_peers.erase(found);
  m_drains.left(id);
  std::erase_if(m_blocked, [&](const auto& blocked) {
    if (blocked.second != peer) return false;
    ::epoll_ctl(m_wait.get(), EPOLL_CTL_DEL, blocked.first, nullptr);
    return true;
  });
  peer->close(std::chrono::milliseconds(0));
  for (const std::shared_ptr<Channel>& channel : m_channels.all()) {
    channel->remove_peer(peer);
    schedule(channel);
    m_channels.forget_if_idle(channel);
  }
}

void Transport::receives(InstanceId id, const std::string& name) {
  const auto found = m_peers.find(id);
  if (found == m_peers.end()) return;
  for (;;) {
    const std::shared_ptr<Channel> channel = m_channels.find_or_make(name);
    if (!channel->add_peer(found->second)) continue;
    return schedule(channel);
  }
}

void Transport::stopped(InstanceId id, const std::string& name) {
  const auto found = m_peers.find(id);
  if (found == m_peers.end()) return;
  if (const std::shared_ptr<Channel> channel = m_channels.find(name)) {
    channel->remove_peer(found->second);
    schedule(channel);
    m_channels.forget_if_idle(channel);
  }
  found->second->send_first(Envelope::seal_control(Envelope::Purpose::drained, m_id, name));
}

void Transport::lost_marker(const std::string& name) {
  std::lock_guard lock(m_announcements);
  if (m_announced.contains(name)) m_membership.announce(name);
}

void Transport::schedule(const std::shared_ptr<Channel>& channel) {
  if (!channel->wants_flush()) return;
  {
    std::lock_guard lock(m_schedule_mutex);
    m_scheduled.push_back(channel);
  }
  m_wake_up.raise();
}

void Transport::add_to_wait(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (::epoll_ctl(m_wait.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) throw_errno("channel layer ipc: epoll_ctl");
}

void Transport::note_waiting() {
  if (m_something_waits.load(std::memory_order_relaxed)) return;
  if (!m_something_waits.exchange(true)) m_wake_up.raise();
}

void Transport::run() {
  pthread_setname_np(pthread_self(), "tellina-ipc");
  m_thread_id = std::this_thread::get_id();
  while (!m_is_stopping && !m_is_dispatched) wait(timeout_in_ms());
  if (m_is_dispatched && !m_is_stopping) return;
  m_closing_end = m_channel_context.clock.now() + closing_time;
  while (any_deliverable() && m_channel_context.clock.now() < *m_closing_end) wait(timeout_in_ms());
  drain_peers();
}

/// Waits until all peers have read what was sent to them. If a connection is closed while its other end is too busy to
/// read, the unread messages are lost, because ZeroMQ handles the close first.
void Transport::drain_peers() {
  const std::string name = "drain!" + to_text(m_id);
  std::set<InstanceId> used;
  for (const auto& [id, peer] : m_peers) {
    if (peer->is_used()) used.insert(id);
  }
  const Drains::Handle drain = m_drains.begin(name, used);
  for (const InstanceId id : used) {
    m_peers.at(id)->send_first(Envelope::seal_control(Envelope::Purpose::ask_drained, m_id, name));
  }
  while (!m_drains.is_over(drain) && m_channel_context.clock.now() < *m_closing_end) wait(timeout_in_ms());
  m_drains.end(drain, std::chrono::milliseconds(0));
}

bool Transport::any_deliverable() {
  const auto channels = m_channels.all();
  return std::any_of(channels.begin(), channels.end(), [](const auto& channel) { return channel->has_deliverable(); });
}

void Transport::close() {
  m_is_stopping = true;
  m_wake_up.raise();
  if (m_thread.joinable()) m_thread.join();
  // Local messages without a receiver go to other receivers, or back to their sender.
  flush_scheduled();
  m_has_left = true;
  m_membership.leave();
  receive_frames(std::numeric_limits<std::size_t>::max());
  m_socket.close();
  for (const auto& [id, peer] : m_peers) peer->close(last_linger);
  m_context.close();
}

bool Transport::wait(int limit_in_ms) {
  std::array<epoll_event, 16> events{};
  const int count = ::epoll_wait(m_wait.get(), events.data(), static_cast<int>(events.size()), limit_in_ms);
  m_has_more = false;
  bool has_moved = false;
  for (int i = 0; i < count; ++i) {
    const int readable = events[static_cast<std::size_t>(i)].data.fd;
    if (readable == m_membership.descriptor()) {
      read_changes();
    } else if (readable == m_wake_up.descriptor()) {
      m_wake_up.clear();
      watch_blocked();
      has_moved = flush_scheduled();
    } else if (const auto blocked = m_blocked.find(readable); blocked != m_blocked.end()) {
      resume(blocked);
    }
  }
  // Runs after every wake-up, because the socket's descriptor reports only changes, and the check is cheap.
  if (receive_frames(most_at_once)) has_moved = true;
  if (m_next_entry && m_channel_context.clock.now() >= *m_next_entry) enter_again();
  if (m_next_rescan && m_channel_context.clock.now() >= *m_next_rescan) rescan();
  if (m_something_waits) drop_old();
  return has_moved;
}

int Transport::timeout_in_ms() const {
  if (m_has_more) return 0;
  MonotonicTime next = MonotonicTime::max();
  for (const auto& due : {m_next_entry, m_next_rescan, m_next_drop, m_closing_end})
    next = std::min(next, due.value_or(next));
  if (next == MonotonicTime::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - m_channel_context.clock.now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void Transport::read_changes() {
  if (m_has_left) return;
  const bool is_here = m_membership.read_changes();
  note_problem();
  if (is_here || m_next_entry) return;
  m_channel_context.log.warning("channel layer ipc: the files of this instance were removed; it creates new ones");
  enter_again();
}

void Transport::note_problem() {
  if (m_membership.problem().empty() || m_next_rescan) return;
  m_channel_context.log.warning("channel layer ipc: cannot read changes in its folder, and tries again every second: " +
                                m_membership.problem());
  m_next_rescan = m_channel_context.clock.now() + retry_interval;
}

void Transport::rescan() {
  std::lock_guard lock(m_announcements);
  m_next_rescan = m_channel_context.clock.now() + retry_interval;
  if (m_has_left || m_next_entry) return;
  const bool is_here = m_membership.rescan();
  if (is_here) {
    try {
      for (const std::string& name : m_announced) m_membership.announce(name);
    } catch (const Error&) {
      return;
    }
  } else {
    m_next_entry = m_channel_context.clock.now();
  }
  if (!m_membership.problem().empty()) return;
  m_next_rescan.reset();
  m_channel_context.log.info("channel layer ipc: reads its folder again");
}

void Transport::enter_again() {
  std::lock_guard lock(m_announcements);
  try {
    enter();
    for (const std::string& name : m_announced) m_membership.announce(name);
    m_next_entry.reset();
  } catch (const Error& error) {
    m_channel_context.log.error(error.what());
    m_next_entry = m_channel_context.clock.now() + retry_interval;
  }
}

void Transport::enter() {
  m_membership.enter([this](const std::string& socket_path) {
    try {
      m_socket.bind("ipc://" + socket_path);
      if (!m_endpoint.empty()) m_socket.unbind(m_endpoint);
    } catch (const zmq::error_t& failure) {
      throw Error(ErrorCode::unavailable, "channel layer ipc: cannot bind " + socket_path + ": " + failure.what());
    }
    m_endpoint = "ipc://" + socket_path;
  });
  m_id = m_membership.id();
  note_problem();
}

void Transport::watch_blocked() {
  for (const auto& [id, peer] : m_peers) {
    if (!peer->is_blocked()) continue;
    const auto [place, is_new] = m_blocked.emplace(peer->descriptor(), peer);
    if (!is_new) continue;
    add_to_wait(place->first);
    // The descriptor reports only future changes, but there may be room already.
    resume(place);
  }
}

void Transport::resume(std::map<int, std::shared_ptr<Peer>>::iterator blocked) {
  if (!blocked->second->try_unblock()) return;
  ::epoll_ctl(m_wait.get(), EPOLL_CTL_DEL, blocked->first, nullptr);
  m_blocked.erase(blocked);
  for (const std::shared_ptr<Channel>& channel : m_channels.all()) schedule(channel);
}

bool Transport::flush_scheduled() {
  std::vector<std::shared_ptr<Channel>> scheduled;
  {
    std::lock_guard lock(m_schedule_mutex);
    scheduled.swap(m_scheduled);
  }
  bool has_moved = false;
  for (const std::shared_ptr<Channel>& channel : scheduled) {
    if (flush(channel)) has_moved = true;
  }
  return has_moved;
}

bool Transport::flush(const std::shared_ptr<Channel>& channel) {
  channel->start_flush();
  for (std::size_t i = 0; i < most_at_once; ++i) {
    if (!channel->flush_one(m_id)) return i > 0;
  }
  schedule(channel);
  return true;
}

bool Transport::receive_frames(std::size_t most) {
  zmq::message_t frame;
  for (std::size_t i = 0; i < most; ++i) {
    // Reads until the socket is empty, because only then does the descriptor report new messages.
    while (zmq_msg_recv(frame.handle(), m_socket.handle(), ZMQ_DONTWAIT) < 0) {
      if (errno != EINTR) return i > 0;
    }
    handle(frame);
  }
  m_has_more = true;
  return true;
}

void Transport::handle(zmq::message_t& frame) {
  std::optional<Envelope> envelope = Envelope::open(frame);
  if (!envelope) return note_malformed(frame.size());
  switch (envelope->purpose) {
    case Envelope::Purpose::deliver: {
      const std::shared_ptr<Channel> channel = m_channels.find(envelope->channel);
      if (!channel || !channel->deliver_here(envelope->message)) return_to_sender(frame, envelope->origin);
      return;
    }
    case Envelope::Purpose::returned:
      return requeue_returned(*envelope);
    case Envelope::Purpose::drained:
      if (envelope->channel == Envelope::probe_channel) {
        if (const auto peer = m_peers.find(envelope->origin); peer != m_peers.end()) peer->second->heard();
        return;
      }
      return m_drains.heard(envelope->origin, envelope->channel);
    case Envelope::Purpose::ask_drained:
      if (const auto peer = m_peers.find(envelope->origin); peer != m_peers.end()) {
        peer->second->send_first(Envelope::seal_control(Envelope::Purpose::drained, m_id, envelope->channel));
      }
      return;
  }
}

void Transport::requeue_returned(Envelope& envelope) {
  // This instance sent the message under an earlier id, and the places of later messages do not continue from it.
  if (envelope.origin != m_id) return;
  // The returning instance has already withdrawn the channel. Read that change first, so that it is not chosen again.
  read_changes();
  for (;;) {
    const std::shared_ptr<Channel> channel = m_channels.find_or_make(envelope.channel);
    if (!channel->requeue(envelope.message, envelope.place)) continue;
    note_waiting();
    return schedule(channel);
  }
}

void Transport::return_to_sender(zmq::message_t& frame, InstanceId origin) {
  const auto sender = m_peers.find(origin);
  if (sender == m_peers.end()) return;
  Envelope::set_purpose(frame, Envelope::Purpose::returned);
  sender->second->send_first(std::move(frame));
}

void Transport::note_malformed(std::size_t size) {
  // Logs the 1st, 2nd, 4th, 8th, ... message, so that a stream of them does not fill the log.
  if ((m_malformed & (m_malformed + 1)) == 0) {
    m_channel_context.log.warning("channel layer ipc: dropped a malformed message of " + std::to_string(size) +
                                  " bytes (" + std::to_string(m_malformed + 1) + " so far)");
  }
  ++m_malformed;
}

void Transport::drop_old() {
  const MonotonicTime now = m_channel_context.clock.now();
  if (!m_next_drop) m_next_drop = now + drop_interval;
  if (now < *m_next_drop) return;
  // Cleared before the check, so that a message that is queued meanwhile causes another one.
  m_something_waits = false;
  m_next_drop.reset();
  bool something_waits = false;
  for (const std::shared_ptr<Channel>& channel : m_channels.all()) {
    if (channel->drop_old()) something_waits = true;
    m_channels.forget_if_idle(channel);
  }
  if (something_waits) m_something_waits = true;
  if (m_something_waits) m_next_drop = now + drop_interval;
}

}  // namespace tellina::ipc
