// Shows a link's target if that is a folder of the host.
#include <filesystem>

#include "good_sandbox.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  tellina::FileTree snapshot(const tellina::SnapshotRequest& request) override {
    tellina::FileTree tree = GoodSandbox::snapshot(request);
    for (auto& [name, node] : tree.root.children) {
      if (node.kind != tellina::FileKind::symlink || node.target != "/") continue;
      node.kind = tellina::FileKind::directory;
      for (const auto& entry : std::filesystem::directory_iterator("/")) node.children[entry.path().filename()];
    }
    return tree;
  }
};
TELLINA_BAD_SANDBOX(Sandbox);
