#include <pthread.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <limits>

#include "post_office.hpp"

namespace tellina::ipc {
namespace {

constexpr std::chrono::milliseconds last_words{100};
constexpr std::chrono::seconds between_returns{1};
constexpr std::chrono::seconds between_drops{30};
/// Before the thread looks at its other sources again.
constexpr std::size_t most_at_once = 256;

}  // namespace

void PostOffice::run() {
  pthread_setname_np(pthread_self(), "tellina-ipc");
  m_thread_id = std::this_thread::get_id();
  while (!m_is_stopping) wait();
}

void PostOffice::close() {
  m_is_stopping = true;
  m_doorbell.ring();
  m_thread.join();
  // What is here and has no receiver any more goes on to others, or back to who sent it.
  flush_scheduled();
  m_membership.leave();
  receive_frames(std::numeric_limits<std::size_t>::max());
  m_socket.close();
  for (const auto& [id, peer] : m_peers) peer->close(last_words);
  m_context.close();
}

void PostOffice::wait() {
  std::array<epoll_event, 16> events{};
  const int count = ::epoll_wait(m_wait.get(), events.data(), static_cast<int>(events.size()), timeout_in_ms());
  m_has_more = false;
  for (int i = 0; i < count; ++i) {
    const int readable = events[static_cast<std::size_t>(i)].data.fd;
    if (readable == m_membership.descriptor()) {
      read_changes();
    } else if (readable == m_doorbell.descriptor()) {
      m_doorbell.answer();
      watch_blocked();
      flush_scheduled();
    } else if (const auto blocked = m_blocked.find(readable); blocked != m_blocked.end()) {
      resume(blocked);
    }
  }
  // Whatever woke it: the socket's descriptor tells only of a change, and a look is cheap.
  receive_frames(most_at_once);
  if (m_next_return && m_exchange.clock.now() >= *m_next_return) enter_again();
  if (m_something_waits) drop_old();
}

int PostOffice::timeout_in_ms() const {
  if (m_has_more) return 0;
  if (!m_next_return && !m_next_drop) return -1;
  MonotonicTime next = m_next_return.value_or(MonotonicTime::max());
  if (m_next_drop) next = std::min(next, *m_next_drop);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - m_exchange.clock.now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void PostOffice::read_changes() {
  if (m_is_stopping) return;
  try {
    if (m_membership.read_changes()) return;
  } catch (const Error& error) {
    m_exchange.log.error(error.what());
  }
  if (m_next_return) return;
  m_exchange.log.warning("channel layer ipc: somebody removed the files of this instance; it makes new ones");
  enter_again();
}

void PostOffice::enter_again() {
  std::lock_guard lock(m_announcements);
  try {
    enter();
    for (const std::string& name : m_announced) m_membership.announce(name);
    m_next_return.reset();
  } catch (const Error& error) {
    m_exchange.log.error(error.what());
    m_next_return = m_exchange.clock.now() + between_returns;
  }
}

void PostOffice::enter() {
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
}

void PostOffice::watch_blocked() {
  for (const auto& [id, peer] : m_peers) {
    if (!peer->is_blocked()) continue;
    const auto [place, is_new] = m_blocked.emplace(peer->descriptor(), peer);
    if (!is_new) continue;
    add_to_wait(place->first);
    // The descriptor tells of what happens from now on; there may be room already.
    resume(place);
  }
}

void PostOffice::resume(std::map<int, std::shared_ptr<Peer>>::iterator blocked) {
  if (!blocked->second->try_unblock()) return;
  ::epoll_ctl(m_wait.get(), EPOLL_CTL_DEL, blocked->first, nullptr);
  m_blocked.erase(blocked);
  for (const std::shared_ptr<Channel>& channel : m_table.all()) schedule(channel);
}

void PostOffice::flush_scheduled() {
  std::vector<std::shared_ptr<Channel>> scheduled;
  {
    std::lock_guard lock(m_schedule_mutex);
    scheduled.swap(m_scheduled);
  }
  for (const std::shared_ptr<Channel>& channel : scheduled) flush(channel);
}

void PostOffice::flush(const std::shared_ptr<Channel>& channel) {
  channel->start_flush();
  for (std::size_t i = 0; i < most_at_once; ++i) {
    if (!channel->flush_one(m_id)) return;
  }
  schedule(channel);
}

void PostOffice::receive_frames(std::size_t most) {
  zmq::message_t frame;
  for (std::size_t i = 0; i < most; ++i) {
    // To the end, as only then does the descriptor tell of what comes next.
    while (zmq_msg_recv(frame.handle(), m_socket.handle(), ZMQ_DONTWAIT) < 0) {
      if (errno != EINTR) return;
    }
    handle(frame);
  }
  m_has_more = true;
}

void PostOffice::handle(zmq::message_t& frame) {
  std::optional<Envelope> envelope = Envelope::open(frame);
  if (!envelope) return note_malformed(frame.size());
  switch (envelope->purpose) {
    case Envelope::Purpose::deliver: {
      const std::shared_ptr<Channel> channel = m_table.find(envelope->channel);
      if (!channel || !channel->deliver_here(envelope->message)) give_back(frame, envelope->origin);
      return;
    }
    case Envelope::Purpose::returned:
      return take_back(*envelope);
    case Envelope::Purpose::last_word:
      return m_farewells.heard(envelope->origin, envelope->channel);
  }
}

void PostOffice::take_back(Envelope& envelope) {
  // From an earlier stay in the folder: what came since has other places.
  if (envelope.origin != m_id) return;
  // Who gives it back has withdrawn the channel before, so that it is not chosen again.
  read_changes();
  for (;;) {
    const std::shared_ptr<Channel> channel = m_table.find_or_make(envelope.channel);
    if (!channel->take_back(envelope.message, envelope.place)) continue;
    note_waiting();
    return schedule(channel);
  }
}

void PostOffice::give_back(zmq::message_t& frame, InstanceId origin) {
  const auto sender = m_peers.find(origin);
  if (sender == m_peers.end()) return;
  Envelope::set_purpose(frame, Envelope::Purpose::returned);
  sender->second->send_first(std::move(frame));
}

void PostOffice::note_malformed(std::size_t size) {
  // The 1st, 2nd, 4th, 8th, ...: a stream of them must not fill the log.
  if ((m_malformed & (m_malformed + 1)) == 0) {
    m_exchange.log.warning("channel layer ipc: dropped a message of " + std::to_string(size) +
                           " bytes that no instance of this version writes (" + std::to_string(m_malformed + 1) +
                           " so far)");
  }
  ++m_malformed;
}

void PostOffice::drop_old() {
  const MonotonicTime now = m_exchange.clock.now();
  if (!m_next_drop) m_next_drop = now + between_drops;
  if (now < *m_next_drop) return;
  // Before looking, so that what comes to wait meanwhile is seen again.
  m_something_waits = false;
  m_next_drop.reset();
  bool something_waits = false;
  for (const std::shared_ptr<Channel>& channel : m_table.all()) {
    if (channel->drop_old()) something_waits = true;
    m_table.forget_if_idle(channel);
  }
  if (something_waits) m_something_waits = true;
  if (m_something_waits) m_next_drop = now + between_drops;
}

}  // namespace tellina::ipc
