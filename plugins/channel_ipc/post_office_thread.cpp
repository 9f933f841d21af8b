#include <pthread.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "post_office.hpp"

namespace tellina::ipc {
namespace {

/// For what was taken to be delivered; after that, for ZeroMQ to write the rest.
constexpr std::chrono::milliseconds last_moments{300};
constexpr std::chrono::milliseconds last_linger{100};
constexpr std::chrono::seconds between_returns{1};
constexpr std::chrono::seconds between_drops{30};

}  // namespace

void PostOffice::run() {
  pthread_setname_np(pthread_self(), "tellina-ipc");
  m_thread_id = std::this_thread::get_id();
  while (!m_is_stopping && !m_is_lent) wait(timeout_in_ms());
  if (m_is_lent && !m_is_stopping) return;
  m_last_moment = m_exchange.clock.now() + last_moments;
  while (something_leaves() && m_exchange.clock.now() < *m_last_moment) wait(timeout_in_ms());
  say_goodbye();
}

/// A connection that is closed while its other end is too busy to read loses what that end had not read yet: ZeroMQ
/// looks at the closing first.
void PostOffice::say_goodbye() {
  const std::string name = "goodbye!" + to_text(m_id);
  std::set<InstanceId> used;
  for (const auto& [id, peer] : m_peers) {
    if (peer->is_used()) used.insert(id);
  }
  const Farewells::Handle farewell = m_farewells.begin(name, used);
  for (const InstanceId id : used) {
    m_peers.at(id)->send_first(Envelope::seal_word(Envelope::Purpose::goodbye, m_id, name));
  }
  while (!m_farewells.is_over(farewell) && m_exchange.clock.now() < *m_last_moment) wait(timeout_in_ms());
  m_farewells.end(farewell, std::chrono::milliseconds(0));
}

bool PostOffice::something_leaves() {
  const auto channels = m_table.all();
  return std::any_of(channels.begin(), channels.end(), [](const auto& channel) { return channel->is_leaving(); });
}

void PostOffice::close() {
  m_is_stopping = true;
  m_doorbell.ring();
  if (m_thread.joinable()) m_thread.join();
  // What is here and has no receiver any more goes on to others, or back to who sent it.
  flush_scheduled();
  m_has_left = true;
  m_membership.leave();
  receive_frames(std::numeric_limits<std::size_t>::max());
  m_socket.close();
  for (const auto& [id, peer] : m_peers) peer->close(last_linger);
  m_context.close();
}

bool PostOffice::wait(int limit_in_ms) {
  std::array<epoll_event, 16> events{};
  const int count = ::epoll_wait(m_wait.get(), events.data(), static_cast<int>(events.size()), limit_in_ms);
  m_has_more = false;
  bool has_moved = false;
  for (int i = 0; i < count; ++i) {
    const int readable = events[static_cast<std::size_t>(i)].data.fd;
    if (readable == m_membership.descriptor()) {
      read_changes();
    } else if (readable == m_doorbell.descriptor()) {
      m_doorbell.answer();
      watch_blocked();
      has_moved = flush_scheduled();
    } else if (const auto blocked = m_blocked.find(readable); blocked != m_blocked.end()) {
      resume(blocked);
    }
  }
  // Whatever woke it: the socket's descriptor tells only of a change, and a look is cheap.
  if (receive_frames(most_at_once)) has_moved = true;
  if (m_next_return && m_exchange.clock.now() >= *m_next_return) enter_again();
  if (m_something_waits) drop_old();
  return has_moved;
}

int PostOffice::timeout_in_ms() const {
  if (m_has_more) return 0;
  MonotonicTime next = MonotonicTime::max();
  for (const auto& due : {m_next_return, m_next_drop, m_last_moment}) next = std::min(next, due.value_or(next));
  if (next == MonotonicTime::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - m_exchange.clock.now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void PostOffice::read_changes() {
  if (m_has_left) return;
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

bool PostOffice::flush_scheduled() {
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

bool PostOffice::flush(const std::shared_ptr<Channel>& channel) {
  channel->start_flush();
  for (std::size_t i = 0; i < most_at_once; ++i) {
    if (!channel->flush_one(m_id)) return i > 0;
  }
  schedule(channel);
  return true;
}

bool PostOffice::receive_frames(std::size_t most) {
  zmq::message_t frame;
  for (std::size_t i = 0; i < most; ++i) {
    // To the end, as only then does the descriptor tell of what comes next.
    while (zmq_msg_recv(frame.handle(), m_socket.handle(), ZMQ_DONTWAIT) < 0) {
      if (errno != EINTR) return i > 0;
    }
    handle(frame);
  }
  m_has_more = true;
  return true;
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
    case Envelope::Purpose::goodbye:
      if (const auto peer = m_peers.find(envelope->origin); peer != m_peers.end()) {
        peer->second->send_first(Envelope::seal_word(Envelope::Purpose::last_word, m_id, envelope->channel));
      }
      return;
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
