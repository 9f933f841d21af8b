#include "presence.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "instance_locks.hpp"

namespace tellina::ipc {

Presence::Presence(const Settings& settings, Random& random)
    : m_directory(settings.directory), m_folder(open_folder(settings.base, settings.directory)) {
  do {
    random.fill({reinterpret_cast<std::uint8_t*>(&m_id), sizeof m_id});
  } while (!take_name());
}

Presence::~Presence() {
  try {
    remove_files(m_directory, m_id);
  } catch (const Error&) {
    // The folder is gone, and so are the files.
  }
  OwnInstances::remove(m_id);
}

bool Presence::take_name() {
  if (OwnInstances::contain(m_id)) return false;
  const std::string starting = path(Entry::Kind::starting);
  m_lock.reset(::open(starting.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!m_lock && errno == EEXIST) return false;
  if (!m_lock) throw_errno("channel_layer.directory: cannot create " + starting);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool is_locked = ::fcntl(m_lock.get(), F_SETLK, &lock) == 0;
  const int failure = errno;
  // Checked here, before the socket is bound, because binding would replace another instance's socket of this name.
  const bool is_taken = ::access(path(Entry::Kind::lock).c_str(), F_OK) == 0;
  if (is_locked && !is_taken) {
    OwnInstances::add(m_id);
    return true;
  }
  ::unlink(starting.c_str());
  errno = failure;
  if (!is_locked) throw_errno("channel_layer.directory: cannot lock " + starting);
  return false;
}

std::string Presence::path(Entry::Kind kind, const std::string& channel) const {
  return m_directory + "/" + Entry(kind, m_id, channel).name();
}

std::string Presence::socket_path() const { return path(Entry::Kind::socket); }

void Presence::publish() {
  const std::string lock = path(Entry::Kind::lock);
  if (std::rename(path(Entry::Kind::starting).c_str(), lock.c_str()) != 0) {
    throw_errno("channel_layer.directory: cannot create " + lock);
  }
}

void Presence::announce(const std::string& channel) {
  const std::string marker = path(Entry::Kind::receiver, channel);
  if (::mknod(marker.c_str(), S_IFREG | 0600, 0) != 0 && errno != EEXIST) {
    throw_errno("channel_layer.directory: cannot create " + marker);
  }
}

void Presence::withdraw(const std::string& channel) { ::unlink(path(Entry::Kind::receiver, channel).c_str()); }

}  // namespace tellina::ipc
