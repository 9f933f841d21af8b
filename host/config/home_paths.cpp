#include "host/config/home_paths.hpp"

#include <filesystem>

namespace tellina {
namespace {

void collect(const FileNode& directory, const std::string& prefix, std::vector<std::string>& names) {
  for (const auto& [name, child] : directory.children) {
    names.push_back(prefix + name);
    collect(child, prefix + name + "/", names);
  }
}

}  // namespace

std::optional<Bytes> name_below(const Bytes& root, const std::string& path) {
  std::string name = (std::filesystem::path(root) / path).lexically_normal().string();
  while (name.ends_with('/')) name.pop_back();
  if (name == ".") name.clear();
  if (name == ".." || name.starts_with("../")) return std::nullopt;
  return name;
}

std::vector<std::string> names_below(const FileNode& directory) {
  std::vector<std::string> names;
  collect(directory, "", names);
  return names;
}

}  // namespace tellina
