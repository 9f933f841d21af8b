#include "folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <memory>

#include "tellina/message.hpp"
#include "tellina/text.hpp"

namespace tellina::ipc {
namespace {

constexpr std::size_t id_digits = 16;

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return (found ? std::string(found->pw_name) : std::string("unknown")) + " (" + std::to_string(user) + ")";
}

std::string octal(mode_t mode) {
  std::string digits = "0000";
  for (std::size_t i = 0; i < 4; ++i) digits[3 - i] = static_cast<char>('0' + (mode >> 3 * i & 7));
  return digits;
}

[[noreturn]] void refuse(const std::string& directory, const std::string& found) {
  throw Error(ErrorCode::unavailable,
              "channel_layer.directory: " + directory + ": expected a folder of user " + user_name(::geteuid()) +
                  " that nobody else can write to, got " + found,
              "remove it, or name another folder in channel_layer.directory");
}

void make_missing(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return;
  if (errno != ENOENT) throw_errno("channel_layer.directory: cannot create " + directory);
  make_missing(std::filesystem::path(directory).parent_path());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    throw_errno("channel_layer.directory: cannot create " + directory);
  }
}

Descriptor open_checked(const std::string& directory) {
  make_missing(directory);
  Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (!folder) {
    const int failure = errno;
    if (::lstat(directory.c_str(), &found) == 0 && S_ISLNK(found.st_mode)) refuse(directory, "a symbolic link");
    if (failure == ENOTDIR) refuse(directory, "a file");
    errno = failure;
    // Another user's folder cannot be opened; the check of the owner below then refuses it.
    if (failure != EACCES || ::lstat(directory.c_str(), &found) != 0) {
      throw_errno("channel_layer.directory: cannot open " + directory);
    }
  } else if (::fstat(folder.get(), &found) != 0) {
    throw_errno("channel_layer.directory: cannot read the attributes of " + directory);
  }
  if (found.st_uid != ::geteuid() || (found.st_mode & 022) != 0 || !folder) {
    refuse(directory, "one of user " + user_name(found.st_uid) + " with mode " + octal(found.st_mode));
  }
  return folder;
}

}  // namespace

std::string to_text(InstanceId id) { return hexadecimal(id, id_digits); }

std::optional<Entry> Entry::parse(std::string_view name) {
  if (name.size() <= id_digits) return std::nullopt;
  InstanceId id = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + id_digits, id, 16);
  if (failure != std::errc() || end != name.data() + id_digits) return std::nullopt;
  if (!name.starts_with(to_text(id))) return std::nullopt;  // its digits are capitals
  const std::string_view rest = name.substr(id_digits);
  if (rest == ".new") return Entry(Kind::starting, id);
  if (rest == ".lock") return Entry(Kind::lock, id);
  if (rest == ".socket") return Entry(Kind::socket, id);
  if (rest[0] == '@' && !ChannelName::find_fault(rest.substr(1))) {
    return Entry(Kind::receiver, id, std::string(rest.substr(1)));
  }
  return std::nullopt;
}

std::string Entry::name() const {
  switch (kind) {
    case Kind::starting:
      return to_text(id) + ".new";
    case Kind::lock:
      return to_text(id) + ".lock";
    case Kind::socket:
      return to_text(id) + ".socket";
    case Kind::receiver:
      break;
  }
  return to_text(id) + "@" + channel;
}

std::string choose_base(const std::string& usual, uid_t user) {
  struct stat found {};
  if (::lstat(usual.c_str(), &found) != 0 || found.st_uid == user) return usual;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* known = nullptr;
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &known);
  if (!known || ::stat(known->pw_dir, &found) != 0 || found.st_uid != user) return usual;
  return std::string(known->pw_dir) + "/.tellina";
}

Descriptor open_folder(const std::string& base, const std::string& directory) {
  if (!base.empty()) open_checked(base);
  Descriptor folder = open_checked(directory);
  // The lock makes systemd-tmpfiles skip the content of the folder.
  ::flock(folder.get(), LOCK_SH | LOCK_NB);
  return folder;
}

std::vector<Entry> list_folder(const std::string& directory) {
  // Does not use opendir(): ThreadSanitizer would confuse its descriptor with an earlier one of that number, which
  // libzmq closed.
  Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) throw_errno("channel_layer.directory: cannot list " + directory);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(descriptor.get()), ::closedir);
  if (!folder) throw_errno("channel_layer.directory: cannot list " + directory);
  descriptor.release();
  std::vector<Entry> entries;
  for (;;) {
    errno = 0;
    const dirent* found = ::readdir(folder.get());
    // If the list were incomplete, the instances that it lacks would count as gone.
    if (!found && errno != 0) throw_errno("channel_layer.directory: cannot list " + directory);
    if (!found) return entries;
    if (std::optional<Entry> entry = Entry::parse(found->d_name)) entries.push_back(std::move(*entry));
  }
}

void throw_errno(const std::string& what) {
  const int failure = errno;
  throw Error(ErrorCode::unavailable, what + ": " + std::generic_category().message(failure));
}

}  // namespace tellina::ipc
