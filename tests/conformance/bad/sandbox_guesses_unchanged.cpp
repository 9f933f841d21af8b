// Takes the times of files for their content.
#include "good_sandbox.hpp"
#include "tellina/text.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  tellina::FileTree snapshot(const tellina::SnapshotRequest& request) override {
    tellina::SnapshotRequest whole = request;
    whole.unless.clear();
    tellina::FileTree tree = m_sandbox->snapshot(whole);
    tellina::Fnv1a times;
    add_times(tree.root, times);
    tree.version = tellina::hexadecimal(times.value());
    if (tree.version != request.unless) return tree;
    tree.root = tellina::FileNode();
    tree.unchanged = true;
    return tree;
  }

 private:
  static void add_times(const tellina::FileNode& node, tellina::Fnv1a& times) {
    if (node.modified_at) times.add_word(static_cast<std::uint64_t>(node.modified_at->time_since_epoch().count()));
    times.add_word(node.size.value_or(0));
    for (const auto& [name, child] : node.children) add_times(child, times.add(name));
  }
};
TELLINA_BAD_SANDBOX(Sandbox);
