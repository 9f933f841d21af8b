// Leaves a helper of the sandbox running when destroy() returns.
#include <unistd.h>

#include "good_sandbox.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  void destroy() override {
    GoodSandbox::destroy();
    if (m_helped) return;
    m_helped = true;
    std::string word = "sleep";
    std::string time = "1000";
    char* const words[] = {word.data(), time.data(), nullptr};
    if (fork() == 0) {
      execv("/bin/sleep", words);
      _exit(127);
    }
  }

 private:
  bool m_helped = false;
};
TELLINA_BAD_SANDBOX(Sandbox);
