/// The shell and its terminal.

#include "sandbox_cases.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "cases.hpp"

namespace tellina::conformance {
namespace {

void probe_reports_usability(Probe& probe) {
  const auto backend = probe.make<SandboxBackend>();
  const Capabilities capabilities = backend->probe();
  expect(capabilities.usable, "that sandboxes can be started here", "that they cannot: " + capabilities.reason);
}

void probe_reports_its_limits(Probe& probe) {
  const auto backend = probe.make<SandboxBackend>();
  const Capabilities capabilities = backend->probe();
  if (!capabilities.usable) {
    expect(!capabilities.reason.empty(), "a reason if it is not usable", "none");
    return;
  }
  for (const char* name : {"memory", "processes", "cpu", "disk bytes", "disk inodes", "network"}) {
    std::size_t reports = 0;
    for (const LimitReport& limit : capabilities.limits) {
      if (limit.name != name) continue;
      ++reports;
      expect(!limit.how.empty(), std::string("a text on how the limit of ") + name + " is enforced, or why not",
             "none");
    }
    expect(reports == 1, std::string("one report on the limit of ") + name, show(reports));
  }
}

void echoes_bytes(Probe& probe) {
  RunningSandbox running(probe);
  const std::string output = running.driver().output_of("printf '\\377\\001\\303\\244|%s' $((6*7))");
  expect_equal("the output of a command", std::string("\xff\x01\xc3\xa4|42"), output);
}

void typed_bytes_arrive(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().type("stty raw -echo; echo re''ady; head -c 6 | od -An -v -tx1; stty sane\n");
  running.driver().read_until("ready");
  running.driver().read_until("\n");
  running.driver().type(std::string("\x00\xff\x03\x1a\x80\x04", 6));
  running.driver().read_until("00 ff 03 1a 80 04");
}

void terminal_does_not_block(Probe& probe) {
  RunningSandbox running(probe);
  const int flags = fcntl(running.sandbox().terminal(), F_GETFL);
  expect(flags >= 0 && (flags & O_NONBLOCK) != 0, "a terminal() with O_NONBLOCK", "flags " + std::to_string(flags));
  expect_equal("the status of `test -t 0 -a -t 1`", 0,
               static_cast<std::uint64_t>(running.driver().run("test -t 0 -a -t 1").status));
}

void terminal_shows_its_modes(Probe& probe) {
  RunningSandbox running(probe);
  const auto modes = [&] {
    termios found{};
    if (tcgetattr(running.sandbox().terminal(), &found) != 0)
      throw Skip("terminal() is no terminal, so the host cannot ask it, and records secrets as they are typed");
    return std::string((found.c_lflag & ECHO) != 0 ? "echo" : "-echo") +
           ((found.c_lflag & ICANON) != 0 ? " icanon" : " -icanon");
  };
  for (const char* const wanted : {"-echo icanon", "echo icanon", "-echo -icanon"}) {
    // `read` without options sets no modes.
    running.driver().type(std::string("stty ") + wanted + "; echo wait\"\"ing; read -r; stty sane; echo do\"\"ne\n");
    running.driver().read_until("waiting");
    expect_equal("the modes of terminal() after `stty`", wanted, modes());
    running.driver().type("\n");
    // What is typed before the modes are sane again can get lost.
    running.driver().read_until("done");
  }
}

void large_output_arrives(Probe& probe) {
  RunningSandbox running(probe);
  const std::string output = running.driver().output_of("head -c 300000 /dev/zero | tr '\\0' x");
  expect(output == std::string(300'000, 'x'), "300000 bytes, unchanged", show(output.size()) + " bytes");
}

void size_is_set_at_start(Probe& probe) {
  SandboxSpec spec = make_spec(probe);
  spec.size = TerminalSize(97, 31);
  RunningSandbox running(probe, spec);
  expect_equal("the output of `stty size`", "31 97\n", running.driver().output_of("stty size"));
}

void resize_reaches_the_terminal(Probe& probe) {
  RunningSandbox running(probe);
  // Not while the shell prints its prompt: readline then asks for the size and sets the one it got, even if it is old.
  running.driver().type("echo wait\"\"ing; read -r; printf '%s%s.' size \"-$(stty size)\"\n");
  running.driver().read_until("waiting\r\n");
  running.sandbox().resize(TerminalSize(133, 41));
  running.driver().type("\n");
  running.driver().read_until("size-");
  expect_equal("the output of `stty size`", "41 133", running.driver().read_until("."));
}

void resize_signals_the_program(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().type(
      "bash -c 'trap \"echo resi\"\"zed; exit\" WINCH; echo wait\"\"ing; while :; do sleep 0.05; done'\n");
  running.driver().read_until("waiting\r\n");
  running.sandbox().resize(TerminalSize(100, 30));
  running.driver().read_until("resized");
}

void has_job_control(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().type("bash -c 'echo run\"\"ning; exec sleep 1000'\n");
  running.driver().read_until("running\r\n");
  running.driver().type("\x03");
  expect_equal("the status after Ctrl-C", 0, static_cast<std::uint64_t>(running.driver().run("true").status));
  running.driver().type("bash -c 'echo ag\"\"ain; exec sleep 1000'\n");
  running.driver().read_until("again\r\n");
  running.driver().type("\x1a");
  const std::string jobs = running.driver().output_of("jobs");
  expect(jobs.find("topped") != std::string::npos, "a stopped job after Ctrl-Z", show(jobs));
}

void reports_the_exit_status(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("true");
  expect(!running.sandbox().ended(), "nothing from ended() while the shell runs", "a status");
  expect(!becomes_readable(running.sandbox().ended_descriptor(), std::chrono::milliseconds(0)),
         "that ended_descriptor() is not readable while the shell runs", "that it is");
  const ExitStatus status = running.end_shell("exit 42");
  expect(!status.by_signal, "an exit status", "a signal");
  expect_equal("the exit status", 42, static_cast<std::uint64_t>(status.status));
  expect(becomes_readable(running.sandbox().ended_descriptor(), std::chrono::milliseconds(0)),
         "that ended_descriptor() stays readable", "that it does not");
}

void reports_the_signal(Probe& probe) {
  RunningSandbox running(probe);
  const ExitStatus status = running.end_shell("kill -9 $$");
  expect(status.by_signal, "a signal", "an exit status");
  expect_equal("the signal", 9, static_cast<std::uint64_t>(status.status));
}

void reports_the_end_while_the_terminal_is_held(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("(trap '' HUP; sleep 1000) & true");
  expect_equal("the exit status", 3, static_cast<std::uint64_t>(running.end_shell("exit 3").status));
}

void restarts_the_shell(Probe& probe) {
  RunningSandbox running(probe);
  for (int round = 0; round < 2; ++round) {
    running.end_shell("exit");
    running.sandbox().restart_shell(TerminalSize(90, 20));
    expect(!running.sandbox().ended(), "nothing from ended() after restart_shell()", "the old shell's status");
    ShellDriver driver(running.sandbox());
    expect_equal("the output of `stty size` in the new shell", "20 90\n", driver.output_of("stty size"));
  }
}

void restart_keeps_the_home(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("echo kept > file");
  const std::string before = running.driver().output_of("pwd");
  running.end_shell("exit");
  running.sandbox().restart_shell(TerminalSize());
  ShellDriver driver(running.sandbox());
  expect_equal("the content of the file in the home after restart_shell()", "kept\n", driver.output_of("cat file"));
  expect_equal("where the new shell starts", before, driver.output_of("pwd"));
}

void starts_where_it_should(Probe& probe) {
  SandboxSpec spec = make_spec(probe);
  spec.initial.root.children["website"] = FileNode::directory();
  spec.working_directory = "~/website";
  {
    RunningSandbox running(probe, spec);
    expect_equal("the shell's report about its folder", "website yes\n",
                 running.driver().output_of("echo $(basename $PWD) $([ $PWD = ~/website ] && echo yes)"));
  }
  spec = make_spec(probe);
  spec.working_directory = "/usr";
  RunningSandbox running(probe, spec);
  expect_equal("what `pwd` prints", "/usr\n", running.driver().output_of("pwd"));
}

/// The last activity before a background job has created its file.
Activity activity_before_the_file(Sandbox& sandbox) {
  constexpr std::chrono::milliseconds pause{20};
  Activity before;
  for (int call = 0; call < 500; ++call) {
    const Activity now = sandbox.activity();
    if (sandbox.snapshot(SnapshotRequest()).root.children.contains("mark")) return before;
    before = now;
    std::this_thread::sleep_for(pause);
  }
  throw Failure("expected the file of a job in the background within 10 s, found none");
}

void activity_shows_that_something_ran(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("(sleep 2; : > mark) & (sleep 1000) & true");
  const Activity before = activity_before_the_file(running.sandbox());
  const Activity after = running.sandbox().activity();
  if (!before.is_known || !after.is_known) return;
  expect(before.stamp != after.stamp, "another stamp from activity() after a job has created a file", "the same");
  expect(!after.shell_is_alone, "that activity() reports a background job", "shell_is_alone");
}

void environment_is_added(Probe& probe) {
  SandboxSpec spec = make_spec(probe);
  spec.environment["COLOR"] = "bl ue='\"$";
  RunningSandbox running(probe, spec);
  expect_equal("a variable of the environment", "bl ue='\"$\n", running.driver().output_of("echo \"$COLOR\""));
  expect(!running.driver().output_of("echo $HOME$TERM").empty(), "HOME and TERM", "none");
}

}  // namespace

void add_sandbox_cases(std::vector<Case>& cases) {
  cases.insert(
      cases.end(),
      {Case("ProbeReportsUsability",
            "probe() reports whether sandboxes can be started here; if not, no other case runs.",
            probe_reports_usability)
           .provoking()
           .alone(),
       Case("ProbeReportsItsLimits", "probe() reports whether and how each limit is enforced on this machine.",
            probe_reports_its_limits)
           .provoking(),
       {"EchoesBytes", "terminal() returns a command's output byte for byte.", echoes_bytes},
       {"TypedBytesArrive", "Bytes written to terminal() reach the program unchanged.", typed_bytes_arrive},
       {"TerminalDoesNotBlock", "terminal() is a pty's non-blocking descriptor, and the shell's own terminal.",
        terminal_does_not_block},
       {"TerminalShowsItsModes",
        "If terminal() is a terminal, tcgetattr() of it shows the modes that programs have set, so that the host knows "
        "when a secret is typed.",
        terminal_shows_its_modes},
       {"LargeOutputArrives", "Output of any length arrives; no byte is lost or duplicated.", large_output_arrives},
       {"SizeIsSetAtStart", "The pty has the requested size before the shell starts.", size_is_set_at_start},
       {"ResizeReachesTheTerminal", "After resize() the pty has the new size.", resize_reaches_the_terminal},
       {"ResizeSignalsTheProgram", "The foreground program gets SIGWINCH when the size changes.",
        resize_signals_the_program},
       {"ActivityShowsThatSomethingRan",
        "activity() returns a new stamp after any process has run, and reports background jobs; or it is "
        "unknown.",
        activity_shows_that_something_ran},
       {"HasJobControl", "Ctrl-C ends and Ctrl-Z stops the foreground program, but not the shell.", has_job_control},
       {"ReportsTheExitStatus", "ended() returns the shell's exit status; ended_descriptor() is readable from then on.",
        reports_the_exit_status},
       {"ReportsTheSignal", "ended() returns the signal that killed the shell.", reports_the_signal},
       {"ReportsTheEndWhileTheTerminalIsHeld",
        "The backend reports the shell's end although a process still holds its pty.",
        reports_the_end_while_the_terminal_is_held},
       {"RestartsTheShell", "restart_shell() starts a new shell with the requested size, any number of times.",
        restarts_the_shell},
       {"RestartKeepsTheHome", "restart_shell() does not change the home.", restart_keeps_the_home},
       {"StartsWhereItShould", "The shell starts in the requested working directory.", starts_where_it_should},
       {"EnvironmentIsAdded", "The requested environment is added to the backend's own.", environment_is_added}});
  add_shell_cases(cases);
  add_home_cases(cases);
  add_sandbox_life_cases(cases);
  add_sandbox_time_cases(cases);
  add_isolation_cases(cases);
  add_limit_cases(cases);
  add_run_cases(cases);
}

}  // namespace tellina::conformance
