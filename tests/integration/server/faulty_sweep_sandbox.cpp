/// The sandbox `chroot` whose sweeps fail. Its section names a folder. Each file in it makes one sweep fail, in the
/// order of their names, and is removed then: "*-dies" kills the process before the sweep, "*-dies-late" after it, and
/// "*-throws" throws. If FAULTY_SWEEP is "aborts" or "hangs", the process that opens the plugin does that.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>

#include "good_sandbox.hpp"

namespace {

constexpr char schema[] =
    R"({"type": "object", "properties": {"faults": {"type": "string"}}, "additionalProperties": false})";

[[maybe_unused]] const bool is_opened = [] {
  const char* const fault = std::getenv("FAULTY_SWEEP");
  if (fault != nullptr && std::strcmp(fault, "aborts") == 0) std::abort();
  while (fault != nullptr && std::strcmp(fault, "hangs") == 0) pause();
  return true;
}();

class Backend final : public tellina::bad::BackendOf<tellina::bad::GoodSandbox> {
 public:
  explicit Backend(const tellina::PluginContext& context)
      : BackendOf(context), m_folder(context.config.at("faults").as_string()) {}

  std::size_t sweep(const tellina::OwnerId& owner, const std::vector<tellina::SandboxId>& keep) override {
    const std::string fault = take_fault();
    if (fault.ends_with("-dies")) kill(getpid(), SIGKILL);
    if (fault.ends_with("-throws")) throw tellina::Error(tellina::ErrorCode::unavailable, "a fault of the test");
    const std::size_t swept = BackendOf::sweep(owner, keep);
    if (fault.ends_with("-dies-late")) kill(getpid(), SIGKILL);
    return swept;
  }

 private:
  /// The next fault; empty if there is none. Several processes may take faults at the same time.
  std::string take_fault() const {
    for (;;) {
      std::set<std::string> faults;
      for (const auto& entry : std::filesystem::directory_iterator(m_folder)) faults.insert(entry.path());
      if (faults.empty()) return "";
      if (unlink(faults.begin()->c_str()) == 0) return *faults.begin();
    }
  }

  const std::string m_folder;
};

}  // namespace

TELLINA_PLUGIN(sandbox, Backend, "faulty_sweep", "1.0.0", schema);
