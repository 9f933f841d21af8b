#include "host/study/home_names.hpp"

namespace tellina {
namespace {

/// Appends the parts of a path to an absolute one, in which the root directory is "".
void append(Bytes& absolute, BytesView path) {
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    const BytesView part = path.substr(0, end);
    path.remove_prefix(end == BytesView::npos ? path.size() : end + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      absolute.erase(std::min(absolute.rfind('/'), absolute.size()));
    } else {
      absolute.append("/").append(part);
    }
  }
}

}  // namespace

void HomeNames::add(const FileTree& tree) { add_children("", tree.root); }

void HomeNames::add_children(const Bytes& prefix, const FileNode& directory) {
  for (const auto& [name, node] : directory.children) {
    const bool is_directory = node.kind == FileKind::directory;
    bool& known = m_is_directory[prefix + name];
    known = known || is_directory;
    if (is_directory) add_children(prefix + name + "/", node);
  }
}

bool HomeNames::is_directory(const Bytes& name) const {
  const auto found = m_is_directory.find(name);
  return found != m_is_directory.end() && found->second;
}

std::optional<Bytes> HomeNames::find(BytesView path, BytesView base) const {
  if (path.empty()) return std::nullopt;
  Bytes absolute;
  if (path == "~" || path.starts_with("~/")) {
    path.remove_prefix(1);
    absolute = m_home;
  } else if (path.front() != '/') {
    append(absolute, base);
  }
  append(absolute, path);
  BytesView name = absolute;
  if (!name.starts_with(m_home)) return std::nullopt;
  name.remove_prefix(m_home.size());
  if (!name.empty() && name.front() != '/') return std::nullopt;
  if (!name.empty()) name.remove_prefix(1);
  if (!m_is_directory.contains(name)) return std::nullopt;
  return Bytes(name);
}

}  // namespace tellina
