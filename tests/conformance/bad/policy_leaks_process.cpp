// Starts a process with the plugin and forgets it; another process adopts it.
#include <sys/wait.h>
#include <unistd.h>

#include "good_gate.hpp"

class Policy final : public tellina::OrderingPolicy {
 public:
  explicit Policy(const tellina::PluginContext&) {}
  std::unique_ptr<tellina::Gate> open_gate() override {
    if (m_started) return std::make_unique<tellina::bad::GoodGate>();
    m_started = true;
    const pid_t child = fork();
    if (child == 0) {
      if (fork() == 0) {
        for (;;) pause();
      }
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    return std::make_unique<tellina::bad::GoodGate>();
  }

 private:
  bool m_started = false;
};
TELLINA_PLUGIN(ordering_policy, Policy, "bad", "1.0.0", tellina::bad::policy_schema);
