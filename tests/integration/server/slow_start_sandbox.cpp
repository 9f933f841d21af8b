/// The sandbox `chroot` on a machine that has to be found first. Its section names a folder. While the folder has a
/// file "held", a start waits, if its task names an image.
#include <poll.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "good_sandbox.hpp"

namespace {

constexpr char schema[] =
    R"({"type": "object", "properties": {"folder": {"type": "string"}}, "additionalProperties": false})";

constexpr char options_schema[] = R"({"type": "object", "required": ["image"], "additionalProperties": false,
  "properties": {"image": {"type": "string", "minLength": 1}}})";

class SlowSandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  tellina::Bytes state() const override { return "machine of " + m_spec.id; }
};

class Backend final : public tellina::bad::BackendOf<SlowSandbox> {
 public:
  explicit Backend(const tellina::PluginContext& context)
      : BackendOf(context),
        m_folder(context.config.at("folder").as_string()),
        m_starts(context.counter("starts", "Sandboxes that were wanted.")),
        m_waiting(context.gauge("waiting", "Starts that wait for a machine.")) {}

  tellina::Capabilities probe() override {
    tellina::Capabilities capabilities = BackendOf::probe();
    capabilities.start_deadline = std::chrono::minutes(10);
    return capabilities;
  }

  std::unique_ptr<tellina::Sandbox> start(const tellina::SandboxSpec& spec) override {
    m_starts.add();
    if (const tellina::Config* image = spec.options.find("image")) wait_for_machine(spec, image->as_string());
    return BackendOf::start(spec);
  }

 private:
  void wait_for_machine(const tellina::SandboxSpec& spec, const std::string& image) {
    spec.progress("Loading the image " + image);
    m_waiting.add(1);
    pollfd cancelled{spec.cancelled, POLLIN, 0};
    while (std::filesystem::exists(m_folder / "held") && poll(&cancelled, 1, 20) == 0) {
    }
    m_waiting.add(-1);
    if (cancelled.revents == 0) return;
    std::ofstream(m_folder / ("cancelled-" + spec.id));
    throw tellina::Error(tellina::ErrorCode::gone, "the start was cancelled");
  }

  const std::filesystem::path m_folder;
  const tellina::PluginCounter m_starts;
  const tellina::PluginGauge m_waiting;
};

}  // namespace

TELLINA_PLUGIN_WITH_OPTIONS(sandbox, Backend, "slow_start", "1.0.0", schema, options_schema);
