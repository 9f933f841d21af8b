#pragma once

#include "borrowed.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::bad {

inline constexpr char sandbox_schema[] = R"({"type": "object", "properties": {}, "additionalProperties": false})";

/// A sandbox of `chroot`. A bad sandbox overrides the function that it breaks.
class GoodSandbox : public Sandbox {
 public:
  GoodSandbox(SandboxBackend& backend, const SandboxSpec& spec)
      : m_backend(backend), m_spec(spec), m_sandbox(backend.start(spec)) {}

  int terminal() const override { return m_sandbox->terminal(); }
  int ended_descriptor() const override { return m_sandbox->ended_descriptor(); }
  std::optional<ExitStatus> ended() override { return m_sandbox->ended(); }
  void restart_shell(TerminalSize size) override { m_sandbox->restart_shell(size); }
  void resize(TerminalSize size) override { m_sandbox->resize(size); }
  FileTree snapshot(const SnapshotRequest& request) override { return m_sandbox->snapshot(request); }
  void destroy() override { m_sandbox->destroy(); }
  Activity activity() override { return m_sandbox->activity(); }

 protected:
  SandboxBackend& m_backend;
  const SandboxSpec m_spec;
  std::unique_ptr<Sandbox> m_sandbox;
};

template <typename BadSandbox>
class BackendOf : public SandboxBackend {
 public:
  explicit BackendOf(const PluginContext& context) : m_backend(borrow<SandboxBackend>(CHROOT_PLUGIN, context)) {}
  Capabilities probe() override { return m_backend->probe(); }
  std::unique_ptr<Sandbox> start(const SandboxSpec& spec) override {
    return std::make_unique<BadSandbox>(*m_backend, spec);
  }
  std::unique_ptr<Sandbox> adopt(const SandboxId& id) override { return m_backend->adopt(id); }
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) override {
    return m_backend->sweep(owner, keep);
  }
  RunResult run(const RunSpec& spec) override { return m_backend->run(spec); }

 private:
  std::unique_ptr<SandboxBackend> m_backend;
};

}  // namespace tellina::bad

#define TELLINA_BAD_BACKEND(type_) TELLINA_PLUGIN(sandbox, type_, "bad", "1.0.0", tellina::bad::sandbox_schema)
#define TELLINA_BAD_SANDBOX(type_) TELLINA_BAD_BACKEND(tellina::bad::BackendOf<type_>)
