// A plugin whose constructor throws what its section names.
#include <stdexcept>

#include "tellina/ordering_policy.hpp"

namespace {

class Throwing final : public tellina::OrderingPolicy {
 public:
  explicit Throwing(const tellina::PluginContext& context) {
    const std::string what = context.config.string_or("throw", "nothing");
    if (what == "int") throw 17;
    if (what == "standard") throw std::length_error("too long");
    if (what == "error") throw tellina::Error(tellina::ErrorCode::unavailable, "no daemon", "start the daemon");
    if (what == "config") context.config.at("throw").fail("expected peace, got war");
  }
  std::unique_ptr<tellina::Gate> open_gate() override { throw 'x'; }
};

}  // namespace

TELLINA_PLUGIN(ordering_policy, Throwing, "throwing", "1.0.0", R"({"type": "object", "properties": {}})");
