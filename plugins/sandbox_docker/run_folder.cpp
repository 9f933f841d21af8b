#include "plugins/sandbox_docker/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "plugins/sandbox_common/control_client.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::docker_sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* socket_name = "socket";
constexpr const char* check_name_in_folder = "check";

/// A socket's address through a folder's descriptor, because a path in an address has at most 107 bytes.
sockaddr_un address_in(const Descriptor& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder.get(), socket_name);
  return address;
}

Descriptor open_folder(const std::string& path) {
  Descriptor folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) throw system_error(path, errno);
  return folder;
}

Descriptor make_socket() {
  Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) throw system_error("make a socket", errno);
  return socket;
}

/// Creates a folder in which nobody else can put a socket or a link.
void make_own_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw system_error(path, errno, {}, "name a writable folder in sandbox.run_folder");
  }
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) throw system_error(path, errno);
  if (S_ISDIR(status.st_mode) && status.st_uid == geteuid() && (status.st_mode & 022) == 0) return;
  throw Error(ErrorCode::permission_denied,
              path + ": expected a folder that only user " + std::to_string(geteuid()) + " can write",
              "remove it, or name another in sandbox.run_folder");
}

/// Writes a file that everyone may read, whatever the umask.
void write_new_file(const std::string& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      fchmod(file.get(), 0444) != 0) {
    throw system_error(path, errno);
  }
}

/// Returns no descriptor, with the reason in errno, if the file cannot be opened or another process has locked it.
Descriptor lock(const std::string& path, int flags) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600));
  if (file && flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    file.reset();
    errno = reason;
  }
  return file;
}

/// A sandbox is gone only if its folder or socket does not exist or nothing listens on it. A lack of descriptors or
/// memory is temporary.
Error failed_connection(const std::string& what, int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
      return system_error(what, error_number, ErrorCode::gone);
    case EAGAIN:
      return system_error(what, error_number, ErrorCode::timed_out);
    default:
      return system_error(what, error_number);
  }
}

}  // namespace

std::optional<Claim> Claim::parse(const std::string& folder_name) {
  std::array<std::string, 4> parts;
  std::size_t from = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_last = i + 1 == parts.size();
    const std::size_t end = is_last ? folder_name.size() : folder_name.find('.', from);
    if (end == std::string::npos) return {};
    parts[i] = folder_name.substr(from, end - from);
    from = end + 1;
  }
  if (parts[0].empty() || parts[1].empty()) return {};
  Claim claim;
  claim.token = parts[0];
  claim.holder = parts[1];
  claim.owner = parts[2];
  claim.id = parts[3];
  return claim;
}

RunFolder::~RunFolder() {
  if (!m_holder.empty()) unlink((m_path + "/holders/" + m_holder).c_str());
}

std::string RunFolder::holder() {
  const std::lock_guard guard(m_mutex);
  if (!m_holder.empty()) return m_holder;
  std::error_code ignored;
  fs::create_directories(fs::path(m_path).parent_path().parent_path(), ignored);
  for (const std::string& folder :
       {fs::path(m_path).parent_path().string(), m_path, m_path + "/holders", m_path + "/sandboxes"}) {
    make_own_folder(folder);
  }
  // Between its creation and its lock, a sweep may consider the file a dead holder's and remove it; then try another
  // name.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::string name = random_token(m_random, 8);
    struct stat status;
    m_lock = lock(m_path + "/holders/" + name, O_CREAT | O_EXCL);
    if (!m_lock && errno != EWOULDBLOCK) throw system_error(m_path + "/holders/" + name, errno);
    if (m_lock && fstat(m_lock.get(), &status) == 0 && status.st_nlink > 0) return m_holder = name;
  }
  throw Error(ErrorCode::busy, m_path + "/holders: cannot take a lock");
}

bool RunFolder::is_held(const std::string& holder) const {
  const std::string path = m_path + "/holders/" + holder;
  return !lock(path, 0) && errno != ENOENT;
}

void RunFolder::remove_dead_holders() const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(m_path + "/holders", ignored)) {
    if (const Descriptor dead = lock(entry.path(), 0)) fs::remove(entry.path(), ignored);
  }
}

std::vector<Claim> RunFolder::list() const {
  const std::string path = m_path + "/sandboxes";
  std::vector<Claim> claims;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    if (auto claim = Claim::parse(entry->path().filename())) claims.push_back(std::move(*claim));
  }
  if (error && error.value() != ENOENT) throw system_error(path, error.value());
  return claims;
}

std::string RunFolder::terminals_of(const Claim& claim) const { return m_path + "/terminals-" + claim.token; }

std::string RunFolder::path_of(const Claim& claim) const { return m_path + "/sandboxes/" + claim.folder_name(); }

Descriptor RunFolder::make(const Claim& claim) const {
  const std::string path = path_of(claim);
  if (mkdir(path.c_str(), 0711) != 0) throw system_error(path, errno);
  const Descriptor folder = open_folder(path);
  fchmodat(folder.get(), ".", 0711, 0);  // whatever the umask
  Descriptor listener = make_socket();
  const sockaddr_un address = address_in(folder);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      fchmodat(folder.get(), socket_name, 0666, 0) != 0 || listen(listener.get(), 8) != 0) {
    throw system_error(path + "/" + socket_name, errno);
  }
  return listener;
}

std::string RunFolder::share(const Claim& claim, const std::string& name, const std::string& text) const {
  const std::string path = m_path + "/" + name;
  const std::string unfinished = path + "." + claim.token;
  write_new_file(unfinished, text);
  if (::rename(unfinished.c_str(), path.c_str()) != 0) throw system_error(path, errno);
  return path;
}

std::string RunFolder::write(const Claim& claim, const std::string& name, const std::string& text) const {
  std::string path = path_of(claim) + "/" + name;
  write_new_file(path, text);
  return path;
}

std::string RunFolder::write_folder(const Claim& claim, const FileTree& folder) const {
  const std::string path = path_of(claim) + "/" + check_name_in_folder;
  if (mkdir(path.c_str(), 0755) != 0) throw system_error(path, errno);
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) throw system_error(path, errno);
  write_tree_directly(directory, folder);
  return path;
}

std::string RunFolder::mount_terminals(const Claim& claim) const {
  const std::string path = terminals_of(claim);
  if (geteuid() != 0 || mkdir(path.c_str(), 0700) != 0) return "";
  const std::string options = "newinstance,ptmxmode=0666,mode=620,max=" + std::to_string(init_protocol::terminals);
  if (mount("devpts", path.c_str(), "devpts", MS_NOSUID | MS_NOEXEC, options.c_str()) == 0) return path;
  rmdir(path.c_str());
  return "";
}

void RunFolder::unmount_terminals(const Claim& claim) const {
  const std::string path = terminals_of(claim);
  if (umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0 || errno != ENOENT) rmdir(path.c_str());
}

void RunFolder::close_socket(const Claim& claim) const { chmod((path_of(claim) + "/" + socket_name).c_str(), 0600); }

Descriptor RunFolder::connect(const Claim& claim, const Deadline& deadline) const {
  const std::string what = "sandbox " + claim.id;
  const Descriptor folder(::open(path_of(claim).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) throw failed_connection(what, errno);
  Descriptor socket = make_socket();
  const auto left = std::max(deadline.left(), std::chrono::milliseconds(1));
  timeval time{};
  time.tv_sec = left.count() / 1000;
  time.tv_usec = left.count() % 1000 * 1000;
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  const sockaddr_un address = address_in(folder);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw failed_connection(what, errno);
  }
  return socket;
}

bool RunFolder::rename(const Claim& from, const Claim& to) const {
  return ::rename(path_of(from).c_str(), path_of(to).c_str()) == 0;
}

bool RunFolder::exists(const Claim& claim) const { return access(path_of(claim).c_str(), F_OK) == 0; }

void RunFolder::remove(const Claim& claim) const {
  const std::string path = path_of(claim);
  for (const char* file : {socket_name, users_name, groups_name}) unlink((path + "/" + file).c_str());
  std::error_code ignored;
  fs::remove_all(path + "/" + check_name_in_folder, ignored);
  rmdir(path.c_str());
  // A process that was killed during a start may have left its mount.
  unmount_terminals(claim);
}

}  // namespace tellina::docker_sandbox
