// Starts a new shell in a new home.
#include "good_sandbox.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  void restart_shell(tellina::TerminalSize size) override {
    m_sandbox->resize(size);  // throws if there is none
    m_sandbox->destroy();
    tellina::SandboxSpec spec = m_spec;
    spec.size = size;
    m_sandbox = m_backend.start(spec);
  }
};
TELLINA_BAD_SANDBOX(Sandbox);
