// Compares only the names of wanted files, not their paths.
#include "good_sandbox.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  tellina::FileTree snapshot(const tellina::SnapshotRequest& request) override {
    tellina::FileTree tree = m_sandbox->snapshot(request);
    if (request.content_of) drop(tree.root, *request.content_of);
    return tree;
  }

 private:
  static void drop(tellina::FileNode& folder, const std::set<tellina::Bytes>& wanted) {
    for (auto& [name, child] : folder.children) {
      if (wanted.count(name) == 0) child.content.reset();
      drop(child, wanted);
    }
  }
};
TELLINA_BAD_SANDBOX(Sandbox);
