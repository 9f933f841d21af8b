/// What a shell inherits, and what it reports to the host.

#include <cstdlib>
#include <sstream>

#include "host_process.hpp"
#include "sandbox_cases.hpp"

namespace tellina::conformance {
namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void shell_gets_no_variable_of_the_host(Probe& probe) {
  need_a_process_like_the_host();
  RunningSandbox running(probe);
  expect(!contains(running.driver().output_of("env"), host_variable), "an environment without the host's variables",
         std::string("the host's ") + host_variable);
}

void shell_gets_no_descriptor_of_the_host(Probe& probe) {
  need_a_process_like_the_host();
  RunningSandbox running(probe);
  const CommandResult listed = running.driver().run("ls -l /proc/$$/fd");
  if (listed.status != 0) throw Skip("the sandbox does not show the descriptors of a shell in /proc/PID/fd");
  for (const char* foreign : {host_file, "socket:[", "pipe:[", "anon_inode:", "memfd:", "ptmx"}) {
    expect(!contains(listed.output, foreign), "a shell whose descriptors are its terminal and files of its own",
           show(listed.output));
  }
}

void shell_ignores_and_blocks_no_signal(Probe& probe) {
  need_a_process_like_the_host();
  RunningSandbox running(probe);
  std::istringstream words(running.driver().output_of("sed -nE '/^Sig(Blk|Ign)/p' /proc/self/status"));
  std::string key;
  std::string value;
  bool found = false;
  while (words >> key >> value) {
    found = true;
    // glibc uses the signals 32 and 33 itself; its posix_spawn() leaves them ignored.
    const std::uint64_t signals = std::strtoull(value.c_str(), nullptr, 16) & ~(std::uint64_t{3} << 31);
    expect(signals == 0, "that a program of the shell starts with no signal blocked or ignored", key + " " + value);
  }
  if (!found) throw Skip("the sandbox does not show the signals of a process in /proc/PID/status");
}

void shell_has_the_usual_environment(Probe& probe) {
  RunningSandbox running(probe);
  for (const char* name : {"HOME", "USER", "PATH"}) {
    expect(running.driver().output_of(std::string("echo $") + name) != "\n", std::string("the variable ") + name,
           "none");
  }
  const std::string type = running.driver().output_of("echo $TERM");
  expect(type.starts_with("xterm"), "a TERM of the xterm family", show(type));
  // One character of two bytes.
  expect_equal("the number of characters in a text of one", "1\n",
               running.driver().output_of("word=$(printf '\\303\\244'); echo ${#word}"));
}

void expect_marks(ShellDriver& driver, const std::string& nonce) {
  driver.read_until("\x1b]133;B;nonce=" + nonce);
  driver.type("bash -c 'exit 7'\n");
  driver.read_until("\x1b]133;C;nonce=" + nonce);
  const std::string command = driver.read_until("\x07");
  expect(contains(command, "exit 7"), "a mark with the text of the command", show(command));
  driver.read_until("\x1b]133;D;7;nonce=" + nonce);
}

void shell_marks_its_commands(Probe& probe) {
  SandboxSpec spec = make_spec(probe);
  const std::string nonce = "n" + probe.mark();
  spec.environment["TELLINA_NONCE"] = nonce;
  RunningSandbox running(probe, spec);
  expect_marks(running.driver(), nonce);
  running.end_shell("exit");
  running.sandbox().restart_shell(TerminalSize());
  ShellDriver again(running.sandbox());
  expect_marks(again, nonce);
}

}  // namespace

void add_shell_cases(std::vector<Case>& cases) {
  cases.insert(
      cases.end(),
      {{"ShellGetsNoVariableOfTheHost", "The shell's environment has no variable of the host's process.",
        shell_gets_no_variable_of_the_host},
       {"ShellGetsNoDescriptorOfTheHost", "The shell has no descriptor of the host or of the plugin.",
        shell_gets_no_descriptor_of_the_host},
       {"ShellIgnoresAndBlocksNoSignal",
        "Programs in the shell start with no signal blocked or ignored, whatever the host blocks and ignores.",
        shell_ignores_and_blocks_no_signal},
       {"ShellHasTheUsualEnvironment", "The shell has HOME, USER, PATH, a TERM of the xterm family, and UTF-8.",
        shell_has_the_usual_environment},
       {"ShellMarksItsCommands",
        "The shell reports each command, with its text and status, in marks with the nonce of its environment.",
        shell_marks_its_commands}});
}

}  // namespace tellina::conformance
