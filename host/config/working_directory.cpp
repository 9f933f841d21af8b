#include "host/config/working_directory.hpp"

#include <sstream>

namespace tellina {

bool lacks_directory(const FileTree& home, const std::string& directory) {
  if (!directory.starts_with("~/")) return false;
  std::istringstream names(directory.substr(2));
  const FileNode* node = &home.root;
  for (std::string name; std::getline(names, name, '/');) {
    if (name.empty() || name == ".") continue;
    if (name == "..") return false;
    const auto found = node->children.find(name);
    if (found == node->children.end()) return true;
    node = &found->second;
    if (node->kind == FileKind::symlink) return false;
  }
  return node->kind != FileKind::directory;
}

}  // namespace tellina
