#include "instance_locks.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <mutex>
#include <set>

namespace tellina::ipc {
namespace {

/// Below this age, an unlocked ID.new may belong to an instance that has created it and not locked it yet.
constexpr std::time_t longest_start_in_seconds = 60;

std::mutex own_mutex;
std::set<InstanceId> own_ids;

std::string path_of(const std::string& directory, const Entry& entry) { return directory + "/" + entry.name(); }

/// Also true if it cannot be determined.
bool is_young(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return errno != ENOENT;
  return std::time(nullptr) - found.st_mtime < longest_start_in_seconds;
}

/// Also true if it cannot be determined.
bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0 || errno != ENOENT; }

}  // namespace

void OwnInstances::add(InstanceId id) {
  std::lock_guard lock(own_mutex);
  own_ids.insert(id);
}

void OwnInstances::remove(InstanceId id) {
  std::lock_guard lock(own_mutex);
  own_ids.erase(id);
}

bool OwnInstances::contain(InstanceId id) {
  std::lock_guard lock(own_mutex);
  return own_ids.contains(id);
}

InstanceStatus status_of(const std::string& directory, const Entry& entry) {
  if (OwnInstances::contain(entry.id)) return InstanceStatus(InstanceStatus::State::in_this_process, ::getpid());
  const Descriptor file(::open(path_of(directory, entry).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (!file && errno == ENOENT) return InstanceStatus(InstanceStatus::State::dead, 0);
  // If the state cannot be determined (no descriptors left), the instance counts as alive.
  if (!file || ::fcntl(file.get(), F_GETLK, &lock) != 0) return InstanceStatus(InstanceStatus::State::in_another, 0);
  return lock.l_type == F_UNLCK ? InstanceStatus(InstanceStatus::State::dead, 0)
                                : InstanceStatus(InstanceStatus::State::in_another, lock.l_pid);
}

Descriptor open_process(const std::string& directory, const Entry& entry) {
  const InstanceStatus status = status_of(directory, entry);
  if (status.state != InstanceStatus::State::in_another || status.process <= 0) return Descriptor();
  Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, status.process, 0)));
  // If the process ended in between, its number may belong to another process now.
  if (process && status_of(directory, entry).process != status.process) process.reset();
  return process;
}

void remove_files(const std::string& directory, InstanceId id) {
  for (const Entry& entry : list_folder(directory)) {
    if (entry.id == id && entry.kind != Entry::Kind::lock) ::unlink(path_of(directory, entry).c_str());
  }
  ::unlink(path_of(directory, Entry(Entry::Kind::lock, id)).c_str());
}

void remove_strays(const std::string& directory, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    if (entry.kind == Entry::Kind::lock || OwnInstances::contain(entry.id)) continue;
    const Entry starting(Entry::Kind::starting, entry.id);
    const std::string starting_path = path_of(directory, starting);
    // Checked in this order, so that a file that is renamed in between is found under its new name.
    const bool is_starting =
        status_of(directory, starting).state != InstanceStatus::State::dead || is_young(starting_path);
    if (is_starting || exists(path_of(directory, Entry(Entry::Kind::lock, entry.id)))) continue;
    ::unlink(path_of(directory, entry).c_str());
  }
}

}  // namespace tellina::ipc
