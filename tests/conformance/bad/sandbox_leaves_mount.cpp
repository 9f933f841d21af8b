// Mounts a file system with the sandbox's name, and leaves it behind.
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "good_sandbox.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  void destroy() override {
    GoodSandbox::destroy();
    if (m_mounted) return;
    m_mounted = true;
    constexpr const char* place = "/tmp/tellina-bad-mount";
    mkdir(place, 0700);
    if (mount(m_spec.id.c_str(), place, "tmpfs", 0, "size=4k") != 0) {
      throw std::system_error(errno, std::generic_category(), "mount (needs root)");
    }
  }

 private:
  bool m_mounted = false;
};
TELLINA_BAD_SANDBOX(Sandbox);
