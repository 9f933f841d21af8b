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

/// Removes the descriptor explicitly, because close() does not while a forked child still has a copy.
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
  m_problem.clear();
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
    // Other programs of this user may have taken the last one, and may release it later.
    attempt([&] {
      throw_errno(what +
                  " (raise fs.inotify.max_user_instances, fs.inotify.max_user_watches or the limit of open files)");
    });
  } else {
    throw_errno(what);
  }
  if (!m_problem.empty()) m_watch.reset();
}

void Membership::attempt(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    m_problem = error.what();
  }
}

bool Membership::rescan() {
  m_problem.clear();
  if (!m_watch) attempt([this] { watch(); });
  attempt([this] { scan(); });
  if (m_problem.empty()) return m_is_listed;
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
      remove_member(entry.id);
    } else if (member == m_members.end()) {
      add_member(entry.id);
    } else if (status_of(m_settings.directory, entry).state == InstanceStatus::State::dead) {
      remove_dead_member(entry.id);
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
    attempt([this, id = dead->first] { remove_dead_member(id); });
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
  for (const InstanceId id : vanished) remove_member(id);
  for (const auto& [id, channels] : present) {
    if (!m_members.contains(id)) attempt([this, id = id] { add_member(id); });
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

void Membership::add_member(InstanceId id) {
  const Entry entry(Entry::Kind::lock, id);
  Member member;
  member.process = open_process(m_settings.directory, entry);
  // Checked after the process's descriptor was opened, so that its death cannot be missed.
  const InstanceStatus status = status_of(m_settings.directory, entry);
  if (status.state == InstanceStatus::State::dead) return remove_dead_member(id);
  if (member.process) add_to(m_wait, member.process);
  m_members.emplace(id, std::move(member));
  try {
    m_observer.joined(id, m_settings.directory + "/" + Entry(Entry::Kind::socket, id).name());
  } catch (const Error&) {
    remove_member(id);
    throw;
  }
}

void Membership::remove_dead_member(InstanceId id) {
  m_log.debug("channel layer ipc: instance " + to_text(id) + " has died; removing its files");
  remove_member(id);
  remove_files(m_settings.directory, id);
}

void Membership::remove_member(InstanceId id) {
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
