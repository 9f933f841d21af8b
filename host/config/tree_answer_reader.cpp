#include "host/config/tree_answer_reader.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "host/config/home_paths.hpp"
#include "host/study/tree_compare.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

/// Leaves only names and kinds.
void drop_content(FileNode& node) {
  node.content.reset();
  node.size.reset();
  node.target.clear();
  for (auto& child : node.children) drop_content(child.second);
}

void remove_entry(FileNode& directory, const Bytes& name) {
  const std::size_t end = name.rfind('/');
  FileNode* parent = end == Bytes::npos ? &directory : node_at(directory, BytesView(name).substr(0, end));
  if (parent) parent->children.erase(end == Bytes::npos ? name : name.substr(end + 1));
}

void remove(const Config& paths, const FileNode& initial, FileNode& answer, Diagnostics& diagnostics) {
  for (const Config& path : paths.items()) {
    const std::optional<Bytes> name = name_below("", path.as_string());
    if (!name || name->empty()) {
      diagnostics.add(path, "expected a path below \"root\", got " + describe(path));
    } else if (!node_at(initial, *name)) {
      diagnostics.add(path, "expected a path in \"initial_filesystem\", got " + describe(path) +
                                suggestion(path.as_string(), names_below(initial)));
    } else {
      remove_entry(answer, *name);
    }
  }
}

}  // namespace

void read_tree_answer(const Config& answer, Task& task, TreeReader& trees) {
  const Config* changes = answer.find("$changes");
  if (!changes) {
    ReadTree read = trees.read(answer, TreeReader::Purpose::answer);
    task.filesystem_answer = std::move(read.tree);
    task.answer_ranges = std::move(read.ranges);
    return;
  }
  const FileNode* const root = node_at(std::as_const(task.initial.root), task.root);
  const FileNode initial = root ? *root : FileNode::directory();
  FileNode& expected = task.filesystem_answer.root;
  expected = initial;
  drop_attributes(expected);
  if (changes->string_or("compare", "content") == "names") drop_content(expected);
  if (const Config* paths = changes->find("remove")) remove(*paths, initial, expected, trees.diagnostics());
  if (const Config* added = changes->find("add")) {
    ReadTree read = trees.read(*added, TreeReader::Purpose::answer);
    task.answer_ranges = std::move(read.ranges);
    put_entries(expected, read.tree.root);
  }
}

}  // namespace tellina
