#include "home.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace local_sandbox {

using tellina::Error;
using tellina::ErrorCode;

namespace {

constexpr const char* home_name = "home";

/// Names become parts of paths. A '.' in one would confuse the owner "a.b" with the owner "a" and its sandbox "b".
const std::string& checked(const std::string& name, const char* what) {
  const auto is_allowed = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), is_allowed)) {
    throw Error(ErrorCode::bad_request,
                std::string(what) + ": expected 1 to 64 letters, digits and \"-\", got \"" + name + "\"");
  }
  return name;
}

std::string name_prefix(const tellina::OwnerId& owner) { return "tellina." + checked(owner, "owner id") + "."; }

}  // namespace

Home::Home(const std::string& folder, const tellina::OwnerId& owner, const tellina::SandboxId& id,
           const tellina::FileTree& initial, std::chrono::steady_clock::time_point end)
    : m_folder(folder),
      m_name(name_prefix(owner) + checked(id, "sandbox id")),
      m_path(folder + "/" + m_name + "/" + home_name) {
  std::error_code ignored;  // the next call reports the error
  std::filesystem::create_directories(folder, ignored);
  const std::string sandbox_folder = folder + "/" + m_name;
  // mkdir creates it or fails, so nobody else can have put something there, or a link.
  if (mkdir(sandbox_folder.c_str(), 0700) != 0) throw system_error("create " + sandbox_folder, errno);
  m_exists = true;
  try {
    if (mkdir(m_path.c_str(), 0700) != 0) throw system_error("make " + m_path, errno);
    m_home.reset(open(m_path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!m_home) throw system_error("open " + m_path, errno);
    seed(m_home.get(), initial.root, end);
  } catch (...) {
    remove();
    throw;
  }
}

tellina::FileTree Home::snapshot(const tellina::SnapshotRequest& request, tellina::Clock& clock,
                                 const std::atomic<bool>& cancelled) const {
  return read_tree(m_home.get(), request, clock, cancelled);
}

int Home::remove() {
  m_home.reset();
  return std::exchange(m_exists, false) ? remove_tree(m_folder, m_name) : 0;
}

std::size_t Home::sweep(const std::string& folder, const tellina::OwnerId& owner,
                        const std::vector<tellina::SandboxId>& keep, tellina::Log& log) {
  const std::string prefix = name_prefix(owner);
  std::vector<std::string> names;
  std::error_code none;  // without the folder there is nothing to sweep
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    if (std::find(keep.begin(), keep.end(), name.substr(prefix.size())) == keep.end()) names.push_back(name);
  }
  std::size_t removed = 0;
  for (const std::string& sandbox_folder : names) {
    const int error = remove_tree(folder, sandbox_folder);
    if (error == 0)
      ++removed;
    else
      log.warning(system_error("remove " + folder + "/" + sandbox_folder, error).what());
  }
  return removed;
}

}  // namespace local_sandbox
