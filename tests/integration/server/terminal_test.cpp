#include <csignal>

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A server that an interactive bash starts, in a terminal that can be closed.
class ServerInATerminal : public ServerTest {
 protected:
  ServerInATerminal() {
    configure(StudyConfig());
    m_shell = forkpty(&m_terminal, nullptr, nullptr, nullptr);
    if (m_shell < 0) throw std::runtime_error("no pty");
    if (m_shell != 0) return;
    if (::chdir(folder().c_str()) == 0) ::execlp("bash", "bash", "--norc", "-i", nullptr);
    ::_exit(127);
  }
  ~ServerInATerminal() override {
    if (m_terminal >= 0) ::close(m_terminal);
    if (m_server > 0 && !has_ended()) ::kill(m_server, SIGKILL);
    ::kill(m_shell, SIGKILL);
    ::waitpid(m_shell, nullptr, 0);
  }
  /// `before`, `after`: words around the command.
  void start_with(const std::string& before, const std::string& after) {
    type("cd '" + folder().string() + "'; " + before + " " + program_file() + " run --port 0 > out 2> log" + after);
    ASSERT_TRUE(holds([&] { return !read_text(folder() / "out").empty(); })) << log();
    if (before == "exec") {
      m_server = m_shell;
      return;
    }
    const auto processes = descendants(m_shell);
    ASSERT_FALSE(processes.empty());
    m_server = processes.begin()->first;
  }
  void type(const std::string& line) {
    const std::string bytes = line + "\n";
    ASSERT_EQ(::write(m_terminal, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void close_terminal() {
    ::close(m_terminal);
    m_terminal = -1;
  }
  bool has_ended() const { return ::kill(m_server, 0) != 0 || is_zombie(m_server); }
  bool shell_has_ended() const { return is_zombie(m_shell); }
  void signal_server(int signal) const { ::kill(m_server, signal); }
  std::string log() const { return read_text(folder() / "log"); }
  /// Reads the terminal meanwhile, so that the shell is not stopped by unread output.
  bool holds(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + default_limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      pollfd terminal{m_terminal, POLLIN, 0};
      if (::poll(&terminal, 1, 5) <= 0 || m_terminal < 0) continue;
      char bytes[4096];
      if (::read(m_terminal, bytes, sizeof bytes) <= 0) ::poll(nullptr, 0, 5);
    }
    return true;
  }

 private:
  static bool is_zombie(pid_t process) {
    return read_text("/proc/" + std::to_string(process) + "/stat").find(") Z ") != std::string::npos;
  }

  pid_t m_shell = -1;
  pid_t m_server = -1;
  int m_terminal = -1;
};

TEST_F(ServerInATerminal, EndsInOrderWhenTheTerminalIsClosed) {
  start_with("", "");
  close_terminal();
  EXPECT_TRUE(holds([this] { return has_ended(); })) << log();
  EXPECT_THAT(log(), HasSubstr("stopped"));
}

TEST_F(ServerInATerminal, EndsInOrderAsAJobInTheBackground) {
  start_with("", " &");
  close_terminal();
  EXPECT_TRUE(holds([this] { return has_ended(); })) << log();
  EXPECT_THAT(log(), HasSubstr("stopped"));
}

TEST_F(ServerInATerminal, EndsInOrderWithoutAShell) {
  start_with("exec", "");
  close_terminal();
  EXPECT_TRUE(holds([this] { return has_ended(); })) << log();
  EXPECT_THAT(log(), HasSubstr("stopped"));
}

TEST_F(ServerInATerminal, ReadsItsConfigurationIfItsShellAsks) {
  start_with("", " &");
  type("kill -HUP $!");
  EXPECT_TRUE(holds([this] { return log().find("was reloaded") != std::string::npos; })) << log();
  EXPECT_FALSE(has_ended());
}

TEST_F(ServerInATerminal, StaysUnderNohupAndStillReloads) {
  start_with("nohup", "");
  close_terminal();
  // The shell, which ends as well, is the last one that could pass the signal on.
  EXPECT_TRUE(holds([this] { return shell_has_ended(); }));
  signal_server(SIGHUP);
  EXPECT_TRUE(holds([this] { return log().find("was reloaded") != std::string::npos; })) << log();
  EXPECT_THAT(log(), Not(HasSubstr("stopping")));
  signal_server(SIGTERM);
  EXPECT_TRUE(holds([this] { return has_ended(); })) << log();
}

}  // namespace
}  // namespace tellina::testing
