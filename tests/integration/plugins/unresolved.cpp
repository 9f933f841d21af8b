// A plugin that lacks a function.
#include "tellina/ordering_policy.hpp"

extern "C" int function_that_nobody_has();

namespace {

class Policy final : public tellina::OrderingPolicy {
 public:
  explicit Policy(const tellina::PluginContext&) { function_that_nobody_has(); }
  std::unique_ptr<tellina::Gate> open_gate() override { return nullptr; }
};

}  // namespace

TELLINA_PLUGIN(ordering_policy, Policy, "unresolved", "1.0.0", R"({"type": "object", "properties": {}})");
