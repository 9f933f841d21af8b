#include "membership.hpp"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "instance_locks.hpp"

namespace tellina::ipc {
namespace {

constexpr std::uint32_t changes = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF;

void add_to(const Descriptor& wait, const Descriptor& added) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = added.get();
  if (::epoll_ctl(wait.get(), EPOLL_CTL_ADD, added.get(), &event) != 0) throw_errno("channel layer ipc: epoll_ctl");
}

/// Removes the descriptor explicitly, because closing it does not while a forked child still has it.
void take_from(const Descriptor& wait, const Descriptor& removed) {
  if (removed) ::epoll_ctl(wait.get(), EPOLL_CTL_DEL, removed.get(), nullptr);
}

}  // namespace

Membership::Membership(const Settings& settings, Random& random, Log& log, MembershipObserver& observer)
    : m_settings(settings), m_random(random), m_log(log), m_observer(observer), m_wait(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!m_wait) throw_errno("channel layer ipc: epoll_create1");
}

Membership::~Membership() = default;

void Membership::enter(const std::function<void(const std::string& socket_path)>& bind) {
  m_presence.reset();
  m_trouble.clear();
  auto presence = std::make_unique<Presence>(m_settings, m_random);
  watch();
  bind(presence->socket_path());
  presence->publish();
  m_presence = std::move(presence);
  scan();
}

void Membership::watch() {
  take_from(m_wait, m_watch);
  m_watch.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const bool is_watching =
      m_watch && ::inotify_add_watch(m_watch.get(), m_settings.directory.c_str(), changes | IN_ONLYDIR) >= 0;
  const std::string what = "channel_layer.directory: cannot watch " + m_settings.directory;
  if (is_watching) {
    attempt([this] { add_to(m_wait, m_watch); });
  } else if (errno == EMFILE || errno == ENFILE || errno == ENOSPC || errno == ENOMEM) {
    // Any other program of this user may take the last one, and gives it back some time.
    attempt([&] {
      throw_errno(what +
                  " (raise fs.inotify.max_user_instances, fs.inotify.max_user_watches or the limit of open files)");
    });
  } else {
    throw_errno(what);
  }
  if (!m_trouble.empty()) m_watch.reset();
}

void Membership::attempt(const std::function<void()>& look) {
  try {
    look();
  } catch (const Error& error) {
    m_trouble = error.what();
  }
}

bool Membership::look_again() {
  m_trouble.clear();
  if (!m_watch) attempt([this] { watch(); });
  attempt([this] { scan(); });
  if (m_trouble.empty()) return m_is_listed;
  return ::access(m_settings.directory.c_str(), F_OK) == 0 || errno != ENOENT;
}

bool Membership::read_changes() {
  const bool is_here = read_watch();
  read_deaths();
  return is_here && m_presence;
}

bool Membership::read_watch() {
  alignas(inotify_event) std::array<char, 8192> buffer;
  bool is_here = true;
  while (m_watch) {
    const ssize_t count = ::read(m_watch.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += offsetof(inotify_event, name) + event->len;
      if (event->mask & IN_Q_OVERFLOW) {
        attempt([this] { scan(); });
      } else if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
        is_here = false;
      } else if (event->len > 0) {
        const auto entry = Entry::parse(event->name);
        if (entry) attempt([&] { is_here = handle(event->mask, *entry) && is_here; });
      }
    }
  }
  return is_here;
}

bool Membership::handle(std::uint32_t change, const Entry& entry) {
  const bool is_gone = (change & IN_DELETE) != 0;
  if (entry.id == id()) {
    if (is_gone && entry.kind == Entry::Kind::receiver) m_observer.lost_marker(entry.channel);
    return !is_gone || entry.kind == Entry::Kind::receiver;
  }
  const auto member = m_members.find(entry.id);
  if (entry.kind == Entry::Kind::lock) {
    if (is_gone) {
      drop(entry.id);
    } else if (member == m_members.end()) {
      meet(entry.id);
    } else if (look_up(m_settings.directory, entry).state == Life::State::dead) {
      bury(entry.id);
    }
  } else if (entry.kind == Entry::Kind::receiver && member != m_members.end()) {
    if (is_gone) {
      member->second.channels.erase(entry.channel);
      m_observer.stopped(entry.id, entry.channel);
    } else if (member->second.channels.insert(entry.channel).second) {
      m_observer.receives(entry.id, entry.channel);
    }
  }
  return true;
}

void Membership::read_deaths() {
  std::array<epoll_event, 16> events{};
  const int count = ::epoll_wait(m_wait.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const int readable = events[static_cast<std::size_t>(i)].data.fd;
    if (readable == m_watch.get()) continue;
    const auto dead = std::find_if(m_members.begin(), m_members.end(),
                                   [&](const auto& member) { return member.second.process.get() == readable; });
    if (dead == m_members.end()) continue;
    attempt([this, id = dead->first] { bury(id); });
  }
}

void Membership::scan() {
  const std::vector<Entry> entries = list_folder(m_settings.directory);
  std::map<InstanceId, std::set<std::string>> present;
  m_is_listed = false;
  for (const Entry& entry : entries) {
    if (entry.kind != Entry::Kind::lock) continue;
    if (entry.id == id())
      m_is_listed = true;
    else
      present[entry.id];
  }
  for (const Entry& entry : entries) {
    const auto found = present.find(entry.id);
    if (entry.kind == Entry::Kind::receiver && found != present.end()) found->second.insert(entry.channel);
  }
  std::vector<InstanceId> vanished;
  for (const auto& [id, member] : m_members) {
    if (!present.contains(id)) vanished.push_back(id);
  }
  for (const InstanceId id : vanished) drop(id);
  for (const auto& [id, channels] : present) {
    if (!m_members.contains(id)) attempt([this, id = id] { meet(id); });
    const auto member = m_members.find(id);
    if (member == m_members.end()) continue;
    std::set<std::string>& known = member->second.channels;
    for (const std::string& channel : known) {
      if (!channels.contains(channel)) m_observer.stopped(id, channel);
    }
    for (const std::string& channel : channels) {
      if (!known.contains(channel)) m_observer.receives(id, channel);
    }
    known = channels;
  }
  remove_strays(m_settings.directory, entries);
}

void Membership::meet(InstanceId id) {
  const Entry entry(Entry::Kind::lock, id);
  Member member;
  member.process = open_process(m_settings.directory, entry);
  // Checked after the process is being watched, so that its death cannot be missed.
  const Life life = look_up(m_settings.directory, entry);
  if (life.state == Life::State::dead) return bury(id);
  if (member.process) add_to(m_wait, member.process);
  m_members.emplace(id, std::move(member));
  try {
    m_observer.joined(id, m_settings.directory + "/" + Entry(Entry::Kind::socket, id).name());
  } catch (const Error&) {
    drop(id);
    throw;
  }
}

void Membership::bury(InstanceId id) {
  m_log.debug("channel layer ipc: instance " + to_text(id) + " has died; its files are removed");
  drop(id);
  remove_files(m_settings.directory, id);
}

void Membership::drop(InstanceId id) {
  const auto member = m_members.find(id);
  if (member == m_members.end()) return;
  take_from(m_wait, member->second.process);
  m_members.erase(member);
  m_observer.left(id);
}

void Membership::announce(const std::string& channel) {
  if (m_presence) m_presence->announce(channel);
}

void Membership::withdraw(const std::string& channel) {
  if (m_presence) m_presence->withdraw(channel);
}

}  // namespace tellina::ipc
