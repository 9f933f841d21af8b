#include "tellina/sandbox.hpp"

namespace {

class AbsentBackend final : public tellina::SandboxBackend {
 public:
  explicit AbsentBackend(const tellina::PluginContext& context) {
    if (const tellina::Config* size = context.config.find("size"); size && size->as_integer() % 2 != 0) {
      size->fail("expected an even number, got " + size->describe());
    }
  }
  tellina::Capabilities probe() override {
    tellina::Capabilities none;
    none.reason = "this backend is never there";
    return none;
  }
  std::unique_ptr<tellina::Sandbox> start(const tellina::SandboxSpec&) override { return fail(); }
  std::unique_ptr<tellina::Sandbox> adopt(const tellina::SandboxId&) override { return fail(); }
  std::size_t sweep(const tellina::OwnerId&, const std::vector<tellina::SandboxId>&) override { return 0; }

 private:
  [[noreturn]] static std::unique_ptr<tellina::Sandbox> fail() {
    throw tellina::Error(tellina::ErrorCode::unavailable, "this backend is never there");
  }
};

}  // namespace

TELLINA_PLUGIN(sandbox, AbsentBackend, "absent", "1.0.0", R"({
  "type": "object",
  "properties": {"size": {"type": "integer", "description": "An even number"}},
  "additionalProperties": false
})");
