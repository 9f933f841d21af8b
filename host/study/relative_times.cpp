#include "host/study/relative_times.hpp"

#include "host/study/tree_compare.hpp"

namespace tellina {

FileTree with_times(FileTree tree, const RelativeTimes& times, WallTime start) {
  for (const auto& [name, before] : times) {
    if (FileNode* node = node_at(tree.root, name)) node->modified_at = start - before;
  }
  return tree;
}

}  // namespace tellina
