/// What a participant finds in the sandboxes of the examples, and what not.

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <regex>
#include <set>

#include <gmock/gmock.h>

#include "host/config/json_reader.hpp"
#include "host/plugins/registry.hpp"
#include "host/runtime/files.hpp"
#include "host/runtime/system.hpp"
#include "support/collecting_log.hpp"
#include "support/places.hpp"
#include "support/server_process.hpp"

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ExecExample : public ::testing::Test {
 protected:
  explicit ExecExample(const std::string& section)
      : m_context(read_json(section, "config.json"), m_log, m_clock, m_random),
        m_backend(PluginRegistry({plugin_folder()}).make_sandbox_backend("exec", m_context)) {}

  std::unique_ptr<Sandbox> start(const std::string& name) {
    SandboxSpec spec;
    spec.id = name;
    spec.owner = "owner";
    spec.initial.root = FileNode::directory();
    return m_backend->start(spec);
  }

  /// What a command prints.
  static std::string output_of(Sandbox& sandbox, const std::string& command) {
    const std::string line = "printf '%s%s' be 'gin:'; " + command + "; printf '%s%s' :e 'nd'\n";
    EXPECT_EQ(write(sandbox.terminal(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
    std::string seen;
    for (const auto deadline = std::chrono::steady_clock::now() + 15s; std::chrono::steady_clock::now() < deadline;) {
      const std::size_t begin = seen.find("begin:");
      const std::size_t end = seen.find(":end");
      if (begin != std::string::npos && end != std::string::npos) {
        std::string output = seen.substr(begin + 6, end - begin - 6);
        std::erase(output, '\r');
        return output;
      }
      pollfd watched{sandbox.terminal(), POLLIN, 0};
      poll(&watched, 1, 100);
      char buffer[4096];
      const ssize_t size = read(sandbox.terminal(), buffer, sizeof buffer);
      if (size > 0) seen.append(buffer, static_cast<std::size_t>(size));
    }
    return "no output: " + seen;
  }

  /// The shell has a small environment, its terminal, and the default action for each signal.
  static void expect_nothing_of_the_servers(Sandbox& sandbox) {
    EXPECT_EQ(output_of(sandbox, "env | cut -d= -f1 | grep -vE '^(_|OLDPWD)$' | sort | tr '\\n' ' '"),
              "COLORTERM HOME LANG LESSHISTFILE LOGNAME PATH PWD SHELL SHLVL TERM USER ");
    EXPECT_EQ(output_of(sandbox, "ls /proc/$$/fd | tr '\\n' ' '"), "0 1 2 255 ");
    // Signals 1 to 31: each has its default action, or `kill` would not end a participant's programs.
    for (const char* set : {"SigBlk", "SigIgn"}) {
      const std::string digits =
          output_of(sandbox, "sh -c 'grep " + std::string(set) + " /proc/self/status' | cut -f2");
      EXPECT_EQ(std::stoull(digits, nullptr, 16) & 0x7fffffffU, 0U) << set << " " << digits;
    }
  }

  CollectingLog m_log;
  SystemClock m_clock;
  SystemRandom m_random;
  const PluginContext m_context;
  const std::unique_ptr<SandboxBackend> m_backend;
};

class ExecBubblewrap : public ExecExample {
 protected:
  ExecBubblewrap()
      : ExecExample(R"({"command": [")" + build_folder() +
                    R"(/share/tellina/exec/bubblewrap.py"], "settings": {"disk_in_mib": 8, "processes": 20}})") {}
};

class ExecPlain : public ExecExample {
 protected:
  ExecPlain()
      : ExecExample(R"({"command": [")" + build_folder() + R"(/libexec/tellina/exec_script", ")" + build_folder() +
                    R"(/share/tellina/exec/plain.sh"], "settings": {"i_know_this_is_not_isolated": true}})") {}
};

TEST_F(ExecBubblewrap, SeesNothingOfTheMachineNorOfOthers) {
  const auto other = start("other");
  output_of(*other, "echo secret > /tmp/secret; echo secret > ~/secret; echo secret > /dev/shm/secret; (sleep 1000 &)");
  const auto sandbox = start("one");
  EXPECT_EQ(output_of(*sandbox, "id -u; id -un"), "1000\nme\n");
  EXPECT_EQ(output_of(*sandbox, "cat /etc/shadow 2>/dev/null || echo none"), "none\n");
  EXPECT_EQ(output_of(*sandbox, "\\ls -A /home /tmp /dev/shm ~"), "/dev/shm:\n\n/home:\nme\n\n/home/me:\n\n/tmp:\n");
  EXPECT_EQ(output_of(*sandbox, "ls -d /root /work /var /sys /boot 2>/dev/null"), "");
  EXPECT_EQ(output_of(*sandbox, "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'slee[p] 1000'"), "0\n");
  EXPECT_EQ(output_of(*sandbox,
                      "for f in /x /usr/x /etc/x /dev/x /run/x; do : > $f; done 2>/dev/null; "
                      "ls /x /usr/x /etc/x /dev/x /run/x 2>/dev/null"),
            "");
  EXPECT_EQ(output_of(*sandbox, "ls /sys/class/net 2>/dev/null; cat /proc/net/dev | grep -c eth"), "0\n");
  EXPECT_EQ(output_of(*other, "cat /tmp/secret"), "secret\n") << "the other one has it all the time";
}

TEST_F(ExecBubblewrap, HasNoPrivilegeThatItCouldGain) {
  const auto sandbox = start("one");
  EXPECT_EQ(output_of(*sandbox, "grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status | sort -u -k2 | wc -l"), "1\n");
  EXPECT_THAT(output_of(*sandbox, "grep CapEff /proc/self/status"), HasSubstr("0000000000000000"));
  EXPECT_THAT(output_of(*sandbox, "grep NoNewPrivs /proc/self/status"), HasSubstr("1"));
  EXPECT_EQ(output_of(*sandbox, "unshare --user true 2>/dev/null && echo nested || echo refused"), "refused\n");
  // The process that fills and reads the home has the same user, and a right that the shell has not.
  EXPECT_EQ(output_of(*sandbox, "ls /proc/2/fd >/dev/null 2>&1 && echo open || echo closed"), "closed\n");
  if (geteuid() != 0) return;
  std::set<std::string> users;
  for (const auto& [process, start] : descendants(getpid())) {
    const std::string folder = "/proc/" + std::to_string(process);
    std::smatch match;
    const std::string status = read_text(folder + "/status");
    if (read_text(folder + "/cmdline").find("bash") == std::string::npos) continue;
    if (std::regex_search(status, match, std::regex("Uid:\\t(\\d+)"))) users.insert(match[1]);
  }
  EXPECT_EQ(users, std::set<std::string>{"65534"}) << "a participant must not be root outside";
}

TEST_F(ExecBubblewrap, AParticipantWhoStopsTheInsideStopsNobodyElse) {
  const auto sandbox = start("one");
  const auto other = start("other");
  SnapshotRequest request;
  request.deadline = 1s;
  const auto code_of_a_snapshot = [&]() -> std::optional<ErrorCode> {
    const auto began = std::chrono::steady_clock::now();
    std::optional<ErrorCode> code;
    try {
      sandbox->snapshot(request);
    } catch (const Error& error) {
      code = error.code();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
    return code;
  };
  // Process 2 answers the calls, and has the same user as the shell.
  output_of(*sandbox, "kill -STOP 2");
  EXPECT_EQ(code_of_a_snapshot(), ErrorCode::timed_out);
  output_of(*sandbox, "echo content > later; kill -CONT 2");
  // The late answer is dropped: it has not the new file.
  const FileTree tree = sandbox->snapshot(SnapshotRequest());
  EXPECT_TRUE(tree.root.children.contains("later"));

  output_of(*sandbox, "kill -STOP 2");
  std::optional<ErrorCode> code = ErrorCode::timed_out;
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (code == ErrorCode::timed_out && std::chrono::steady_clock::now() < deadline) {
    code = code_of_a_snapshot();
    EXPECT_NO_THROW(other->snapshot(SnapshotRequest()));
  }
  EXPECT_EQ(code, ErrorCode::gone) << "the sandbox that does not answer is ended";
  pollfd ended{sandbox->ended_descriptor(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 10'000), 1);
  EXPECT_TRUE(sandbox->ended().has_value());
  sandbox->destroy();
  EXPECT_EQ(output_of(*other, "echo alive"), "alive\n");
  EXPECT_EQ(output_of(*start("next"), "echo alive"), "alive\n");
  EXPECT_THAT(m_log.text(), ::testing::Not(HasSubstr("the program ended")));
}

TEST_F(ExecBubblewrap, GetsNothingOfTheServers) { expect_nothing_of_the_servers(*start("one")); }

TEST_F(ExecPlain, GetsNothingOfTheServers) {
  const auto sandbox = start("plain-" + random_token(m_random, 4));
  expect_nothing_of_the_servers(*sandbox);
  sandbox->destroy();
}

TEST_F(ExecBubblewrap, ReadsWhatAParticipantHasMadeUnreadable) {
  const auto sandbox = start("one");
  output_of(*sandbox, "mkdir d; echo content > d/f; chmod 000 d/f d");
  const FileTree tree = sandbox->snapshot(SnapshotRequest());
  EXPECT_EQ(tree.root.children.at("d").mode, 0U);
  EXPECT_EQ(tree.root.children.at("d").children.at("f").content, "content\n");
}

}  // namespace
}  // namespace tellina::testing
