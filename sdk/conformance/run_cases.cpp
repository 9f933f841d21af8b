/// Programs that judge a home: run().

#include <unistd.h>

#include <csignal>
#include <thread>

#include "peer.hpp"
#include "sandbox_cases.hpp"

namespace tellina::conformance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How much longer than its program a run may take, mostly for the start of a container.
constexpr seconds time_around{15};

/// Throws Skip if probe() reports that it runs no commands.
std::unique_ptr<SandboxBackend> make_runner(Probe& probe) {
  Capabilities found;
  auto backend = make_usable_backend(probe, &found);
  if (!found.runs_commands) throw Skip("probe() reports that it runs no commands without a terminal");
  return backend;
}

RunSpec make_run(Probe& probe, const std::string& script) {
  const SandboxSpec spec = make_spec(probe);
  RunSpec run;
  run.id = spec.id;
  run.owner = spec.owner;
  run.environment = spec.environment;
  run.home.root = FileNode::directory();
  run.folder.root = FileNode::directory();
  run.folder.root.children["script"] = FileNode::regular(script + "\n");
  run.arguments = {"bash", "/check/script", "first argument", ""};
  return run;
}

std::string end_of(const RunResult& result) {
  return (result.end.by_signal ? "signal " : "status ") + std::to_string(result.end.status) +
         (result.timed_out ? ", timed out" : "") + (result.truncated ? ", truncated" : "");
}

/// What a script prints; it must end with status 0.
std::string output_of(Probe& probe, SandboxBackend& backend, const RunSpec& run) {
  const RunResult result = backend.run(run);
  probe.log().expect_none_from_now();
  expect_equal("the end of a program that prints " + show(result.errors), "status 0", end_of(result));
  return result.output;
}

void refuses_to_run(Probe& probe) {
  Capabilities found;
  const auto backend = make_usable_backend(probe, &found);
  if (found.runs_commands) throw Skip("probe() reports that it runs commands");
  expect_error(ErrorCode::unsupported, "run(), which probe() does not report,",
               [&] { backend->run(make_run(probe, "true")); });
}

void reports_the_end(Probe& probe) {
  const auto backend = make_runner(probe);
  const RunResult exited = backend->run(make_run(probe, "echo out; echo err >&2; exit 3"));
  expect_equal("the end of a program that exits with 3", "status 3", end_of(exited));
  expect_equal("its standard output", "out\n", exited.output);
  expect_equal("its standard error", "err\n", exited.errors);
  const RunResult killed = backend->run(make_run(probe, "kill -KILL $$"));
  expect_equal("the end of a program that kills itself", "signal " + std::to_string(SIGKILL), end_of(killed));
  RunSpec missing = make_run(probe, "");
  missing.arguments = {"/check/no-such-program"};
  const RunResult not_run = backend->run(missing);
  expect_equal("the end of a program that does not exist", "status 127", end_of(not_run));
  expect(not_run.errors.find("no-such-program") != std::string::npos, "its name on standard error",
         show(not_run.errors));
}

void program_has_what_a_shell_has(Probe& probe) {
  const auto backend = make_runner(probe);
  RunSpec run =
      make_run(probe,
               "[ -t 0 ] || [ -t 1 ] || [ -t 2 ] || echo no terminal; (: < /dev/tty) 2>/dev/null && echo tty; "
               "cat; echo \"$#:$1:$2\"; pwd; echo \"$HOME $USER $ADDED\"; ls /proc/self/fd | wc -l; "
               "[ \"$(tty)\" = 'not a tty' ] && echo detached; id -un");
  run.environment["ADDED"] = "yes";
  expect_equal("what a program finds", "no terminal\n2:first argument:\n/home/me\n/home/me me yes\n4\ndetached\nme\n",
               output_of(probe, *backend, run));
}

void home_is_a_copy(Probe& probe) {
  const auto backend = make_runner(probe);
  RunSpec run = make_run(probe,
                         "cd ~ && stat -c '%n %a %s %Y %F' f empty dir dir/inner && readlink link && cat f && "
                         "cat dir/inner && ls -A && echo changed > f && rm dir/inner && cat f && ls dir");
  const WallTime time = WallTime(seconds(1'400'000'000));
  FileNode& root = run.home.root;
  root.children["f"] = FileNode::regular("content\n");
  root.children["f"].mode = 0600;
  root.children["f"].modified_at = time;
  root.children["empty"] = FileNode::regular("");
  root.children["empty"].modified_at = time;
  root.children["link"] = FileNode::symlink("f");
  root.children["pipe"] = FileNode(FileKind::other);
  FileNode dir = FileNode::directory();
  dir.mode = 0750;
  dir.children["inner"] = FileNode::regular(Bytes("a\0b\n", 4));
  dir.children["inner"].modified_at = time;
  dir.modified_at = time;
  root.children["dir"] = dir;
  const std::string inner("a\0b\n", 4);
  expect_equal("what a program finds in its home, and can change there",
               "f 600 8 1400000000 regular file\nempty 644 0 1400000000 regular empty file\ndir 750 " +
                   output_of(probe, *backend,
                             [&] {
                               RunSpec size = make_run(probe, "stat -c %s ~/dir | tr '\\n' ' '");
                               size.home = run.home;
                               return size;
                             }()) +
                   "1400000000 directory\ndir/inner 644 4 1400000000 regular file\nf\ncontent\n" + inner +
                   "dir\nempty\nf\nlink\nchanged\n",
               output_of(probe, *backend, run));
}

void folder_is_read_only(Probe& probe) {
  const auto backend = make_runner(probe);
  RunSpec run = make_run(probe,
                         "list() { find /check | sort; cat /check/data/file; stat -c '%a %n' /check/data/file; }; "
                         "before=$(list); (: > /check/new; echo x > /check/data/file; echo x >> /check/script; "
                         "rm -rf /check/data; rm /check/script; mv /check/data /check/other; mkdir /check/d; "
                         "chmod 777 /check /check/data /check/data/file; ln -s x /check/link; "
                         "mount -o remount,rw /check; umount /check; mount -t tmpfs none /check; "
                         "unshare -rm mount -o remount,rw /check && echo w > /check/new) >/dev/null 2>&1; "
                         "[ \"$before\" = \"$(list)\" ] && echo unchanged; [ -w /check ] || echo read-only; "
                         "cat /check/data/file; /check/data/program");
  FileNode data = FileNode::directory();
  data.mode = 0700;
  data.children["file"] = FileNode::regular("text\n");
  data.children["file"].mode = 0600;
  data.children["program"] = FileNode::regular("#!/bin/bash\necho executed\n");
  data.children["program"].mode = 0755;
  run.folder.root.children["data"] = data;
  expect_equal("what a program finds in /check after it has tried to change it",
               "unchanged\nread-only\ntext\nexecuted\n", output_of(probe, *backend, run));
}

/// Runs a program that must end before its time limit or because of it. Returns the result; throws Failure if a process
/// with the case's mark is left.
RunResult run_and_look(Probe& probe, SandboxBackend& backend, const RunSpec& run, seconds at_most) {
  const auto began = std::chrono::steady_clock::now();
  RunResult result = backend.run(run);
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  expect(took < at_most, "that run() returns within " + std::to_string(at_most.count()) + " s",
         "that it took " + std::to_string(took.count()) + " ms");
  const Processes left = still_running(processes_with_mark(probe.mark()));
  expect(left.empty(), "no process of the program when run() has returned", describe(left));
  return result;
}

void timeout_kills_all(Probe& probe) {
  const auto backend = make_runner(probe);
  RunSpec run = make_run(probe,
                         "trap '' TERM HUP INT; for i in 1 2 3; do (setsid sleep 1000 &); nohup sleep 1000 & done; "
                         "bash -c 'kill -STOP $$' & echo printed; sleep 1000");
  run.time_limit = milliseconds(1500);
  const RunResult result = run_and_look(probe, *backend, run, time_around);
  expect_equal("the end of a program that exceeds its time", "signal 9, timed out", end_of(result));
  expect_equal("what it has printed before", "printed\n", result.output);
}

void fork_bomb_in_run_is_contained(Probe& probe) {
  const auto backend = make_runner(probe);
  RunSpec run = make_run(probe, "b() { b | b & }; b 2>/dev/null; sleep 1000");
  run.time_limit = milliseconds(1500);
  const RunResult result = run_and_look(probe, *backend, run, time_around + seconds(5));
  expect(result.timed_out || result.end.status != 0, "that a fork bomb does not end well", end_of(result));
}

void output_is_bounded(Probe& probe) {
  const auto backend = make_runner(probe);
  RunSpec run = make_run(probe, "yes");
  run.max_output = 5000;
  run.time_limit = seconds(15);
  const RunResult endless = run_and_look(probe, *backend, run, time_around);
  expect_equal("the end of a program that prints too much", "signal 9, truncated", end_of(endless));
  expect_equal("how much of its output is kept", 5000, endless.output.size());

  RunSpec exact = make_run(probe, "printf '%5000s' x; head -c 1000000 /dev/zero | tr '\\0' e >&2; echo last >&2");
  exact.max_output = 5000;
  exact.max_errors = 8;
  const RunResult fits = backend->run(exact);
  expect_equal("the end of a program whose output just fits", "status 0", end_of(fits));
  expect_equal("how much it has printed", 5000, fits.output.size());
  expect_equal("the end of its standard error", "eeelast\n", fits.errors);
}

void others_delay_nothing(Probe& probe) {
  const auto backend = make_runner(probe);
  RunSpec run = make_run(probe, "(setsid sleep 1000 &); (while :; do echo more; done &); echo done >&2; exit 1");
  run.max_output = 100'000'000;
  run.time_limit = seconds(60);
  const RunResult result = run_and_look(probe, *backend, run, time_around);
  expect_equal("the end of a program that leaves others running", "status 1", end_of(result));
}

void original_home_is_unchanged(Probe& probe) {
  RunningSandbox running(probe);
  Capabilities found = running.backend().probe();
  if (!found.runs_commands) throw Skip("probe() reports that it runs no commands without a terminal");
  running.driver().run("mkdir dir; echo text > dir/file; ln -s dir link; sleep 1000 & remembered=yes");
  RunSpec run = make_run(probe, "ls ~ | tr '\\n' ' '; rm -rf ~/* ; echo other > ~/new; kill -9 -1; ls /home/me");
  run.home = running.snapshot();
  run.folder.root.children["answer"] = FileNode::regular("a secret of the checker\n");
  const RunResult result = running.backend().run(run);
  expect(result.output.starts_with("dir link "), "that the program sees a copy of the home", show(result.output));
  expect_equal("the original home and shell after a program has removed everything in its copy", "yes dir link text\n",
               running.driver().output_of("echo $remembered $(ls) $(cat link/file)"));
  expect_equal("what a participant sees of the program's folder", "none\n",
               running.driver().output_of("cat /check/answer 2>/dev/null || echo none"));
}

void own_a_run(Probe& probe, Wire& wire) {
  const auto backend = make_runner(probe);
  RunSpec run = make_run(probe, "setsid sleep 1000 & sleep 1000");
  run.time_limit = seconds(100);
  wire.send_line("runs");
  backend->run(run);
}

void sweep_removes_runs(Probe& probe) {
  make_runner(probe);
  Peer owner([&](Wire& wire) { own_a_run(probe, wire); });
  owner.wire().receive_line();
  Processes processes;
  const auto finds_it = [&] { return (processes = processes_with_mark(probe.mark())).size() >= 2; };
  expect(eventually(finds_it, time_around), "to find the processes of a program", describe(processes));
  const auto cgroups = cgroups_of(processes);
  owner.kill();
  const auto backend = probe.make<SandboxBackend>();
  backend->sweep("owner-" + probe.mark(), {});
  Processes left;
  eventually([&] { return (left = still_running(processes)).empty(); }, seconds(5));
  expect(left.empty(), "no process of a program whose owner was killed, after sweep()", describe(left));
  const std::set<std::string> folders = existing(cgroups);
  expect(folders.empty(), "no control group of it", folders.empty() ? "" : *folders.begin());
}

void run_is_cancelled(Probe& probe) {
  const auto backend = make_runner(probe);
  RunSpec run = make_run(probe, "sleep 1000");
  run.time_limit = seconds(100);
  int ends[2];
  expect(pipe(ends) == 0, "a pipe", "none");
  run.cancelled = ends[0];
  std::thread canceller([&] {
    eventually([&] { return !processes_with_mark(probe.mark()).empty(); }, time_around);
    close(ends[1]);
  });
  const auto began = std::chrono::steady_clock::now();
  std::string found = "that it returned";
  try {
    backend->run(run);
  } catch (const Error& error) {
    found = error.code() == ErrorCode::gone ? "" : describe_exception();
  }
  canceller.join();
  close(ends[0]);
  expect(found.empty(), "Error(gone) from a run that was cancelled", found);
  expect(std::chrono::steady_clock::now() - began < time_around * 2, "that it returns soon", "later");
  const Processes left = still_running(processes_with_mark(probe.mark()));
  expect(left.empty(), "no process of a program that was cancelled", describe(left));
}

}  // namespace

void add_run_cases(std::vector<Case>& cases) {
  constexpr seconds deadline{60};
  cases.insert(
      cases.end(),
      {Case("RefusesToRun", "run() throws Error(unsupported) if probe() does not report it.", refuses_to_run)
           .provoking(),
       {"RunReportsTheEnd", "run() reports status or signal, standard output and standard error of a program.",
        reports_the_end, deadline},
       {"RunGivesWhatAShellHas",
        "A program has the user, the variables and the directory of a shell, its arguments, no input and no terminal.",
        program_has_what_a_shell_has, deadline},
       {"RunCopiesTheHome", "A program finds a copy of the home with its attributes, and may change it.",
        home_is_a_copy, deadline},
       {"RunFolderIsReadOnly", "A program can read and execute what is in /check, and change nothing there.",
        folder_is_read_only, deadline},
       Case("RunTimeoutKillsAll", "After the time limit, no process of the program is left.", timeout_kills_all,
            deadline)
           .provoking(),
       Case("RunContainsForkBombs", "The time limit ends a fork bomb.", fork_bomb_in_run_is_contained, deadline)
           .provoking(),
       Case("RunOutputIsBounded",
            "A program that prints more than allowed is killed, and run() keeps the end of standard error.",
            output_is_bounded, deadline)
           .provoking(),
       {"RunEndsWithItsProgram",
        "run() returns when the program has ended, and ends what the program has left running.", others_delay_nothing,
        deadline},
       {"RunLeavesTheOriginal",
        "A program changes nothing in the home that was copied, and that sandbox cannot see its files.",
        original_home_is_unchanged, deadline},
       {"RunIsCancelled", "A run that is cancelled ends with Error(gone), and leaves nothing behind.", run_is_cancelled,
        deadline},
       Case("SweepRemovesRuns", "After sweep(), nothing is left of a program whose owner was killed.",
            sweep_removes_runs, deadline)
           .provoking()
           .alone()});
}

}  // namespace tellina::conformance
