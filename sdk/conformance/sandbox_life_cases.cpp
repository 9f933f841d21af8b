/// Start and end: of sandboxes, and of their owners.

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "peer.hpp"
#include "sandbox_cases.hpp"

namespace tellina::conformance {
namespace {

constexpr std::chrono::seconds time_to_end{5};

void expect_gone(const Processes& processes, const std::set<std::string>& cgroups, const std::string& when) {
  Processes left = still_running(processes);
  expect(left.empty(), "no process of the sandbox " + when, describe(left));
  const std::set<std::string> folders = existing(cgroups);
  expect(folders.empty(), "no control group of the sandbox " + when, folders.empty() ? "" : *folders.begin());
}

void destroy_ends_everything(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run(
      "for i in 1 2 3; do (setsid sleep 1000 &); nohup sleep 1000 >/dev/null 2>&1 & done; bash -c 'kill -STOP $$' & "
      "true");
  if (!running.sees_processes()) {
    std::size_t inside = 0;
    eventually([&] { return (inside = running.count_inside("")) >= 8; }, std::chrono::seconds(5));
    expect(inside >= 8, "at least 8 processes in the /proc of the sandbox", show(inside));
    running.sandbox().destroy();
    running.need_visible_processes();
  }
  // A process that is just being created, or is executing another program, may be missed.
  Processes processes;
  eventually([&] { return (processes = running.processes()).size() >= 8; }, std::chrono::seconds(5));
  expect(processes.size() >= 8, "at least 8 processes of the sandbox to be found", describe(processes));
  const auto cgroups = cgroups_of(processes);
  running.sandbox().destroy();
  expect_gone(processes, cgroups, "when destroy() has returned");
}

void destroy_is_idempotent(Probe& probe) {
  RunningSandbox running(probe);
  running.sandbox().destroy();
  running.sandbox().destroy();
  const auto is_gone = [&](const char* what, auto call) { expect_error(ErrorCode::gone, what, call); };
  is_gone("snapshot() of a destroyed sandbox", [&] { running.snapshot(); });
  is_gone("restart_shell() of a destroyed sandbox", [&] { running.sandbox().restart_shell(TerminalSize()); });
}

void destroy_interrupts_other_calls(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("for i in {1..500}; do : > $i; done");
  std::string found;
  std::thread reader([&] {
    try {
      for (;;) running.snapshot();
    } catch (const Error& error) {
      found = error.code() == ErrorCode::gone ? "" : describe_exception();
    } catch (...) {
      found = describe_exception();
    }
  });
  const auto began = std::chrono::steady_clock::now();
  running.sandbox().destroy();
  reader.join();
  expect(found.empty(), "Error(gone) from the interrupted call", found);
  expect(std::chrono::steady_clock::now() - began < time_to_end, "that destroy() interrupts the others at once",
         "later");
}

void destructor_ends_what_runs(Probe& probe) {
  const auto backend = make_usable_backend(probe);
  auto sandbox = backend->start(make_spec(probe));
  ShellDriver driver(*sandbox);
  driver.run("sleep 1000 & true");
  const Processes marked = processes_with_mark(probe.mark());
  sandbox.reset();
  Processes left;
  eventually([&] { return (left = still_running(marked)).empty(); }, time_to_end);
  expect(left.empty(), "that the destructor of a sandbox ends its processes", describe(left));
}

void many_start_and_end_at_once(Probe& probe) {
  const auto backend = make_usable_backend(probe);
  std::vector<SandboxSpec> specs;
  for (int i = 0; i < 8; ++i) {
    specs.push_back(make_spec(probe));
    specs.back().initial.root.children["number"] = FileNode::regular(std::to_string(i) + "\n");
  }
  std::vector<std::thread> threads;
  std::vector<std::string> failures(4);
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      try {
        for (std::size_t i = t; i < specs.size(); i += 4) {
          const auto sandbox = backend->start(specs[i]);
          std::string output;
          try {
            output = ShellDriver(*sandbox).output_of("cat number");
          } catch (const Failure& failure) {
            output = failure.what();
          }
          sandbox->destroy();
          expect_equal("the content of one of several homes", std::to_string(i) + "\n", output);
        }
      } catch (...) {
        failures[t] = describe_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) expect(failure.empty(), "eight sandboxes on four threads", failure);
}

void homes_are_separate(Probe& probe) {
  RunningSandbox one(probe);
  RunningSandbox two(probe);
  one.driver().run("echo one > mine");
  expect_equal("another sandbox's view of a new file in the home", "none\n",
               two.driver().output_of("cat mine 2>/dev/null || echo none"));
  expect(two.snapshot().root.children.empty(), "an empty home of the other sandbox", "entries");
  one.sandbox().destroy();
  expect_equal("a sandbox's output after another one was destroyed", "alive\n", two.driver().output_of("echo alive"));
}

void start_keeps_its_deadline(Probe& probe) {
  const auto backend = make_usable_backend(probe);
  SandboxSpec spec = make_spec(probe);
  spec.deadline = std::chrono::milliseconds(1);
  const auto began = std::chrono::steady_clock::now();
  try {
    backend->start(spec)->destroy();
  } catch (const Error& error) {
    expect(error.code() == ErrorCode::timed_out, "Error(timed_out) if 1 ms is too short", describe_exception());
  }
  expect(std::chrono::steady_clock::now() - began < time_to_end, "an answer soon after the deadline of 1 ms", "later");
}

void adopt_refuses_unknown_names(Probe& probe) {
  const auto backend = make_usable_backend(probe);
  const bool adopts = backend->probe().adopts;
  expect_error(adopts ? ErrorCode::gone : ErrorCode::unsupported,
               adopts ? "adopt() of a sandbox that does not exist" : "adopt(), which probe() reports as unsupported,",
               [&] { backend->adopt("check-" + probe.mark() + "-none"); });
}

/// Starts a sandbox and a program in it, sends its name, and waits to be killed.
void own_a_sandbox(Probe& probe, Wire& wire) {
  const auto backend = make_usable_backend(probe);
  const SandboxSpec spec = make_spec(probe);
  const auto sandbox = backend->start(spec);
  ShellDriver driver(*sandbox);
  driver.run("remembered=yes; setsid sleep 1000 & true");
  wire.send_line(spec.id);
  wire.receive_line(std::chrono::seconds(120));
}

void sweep_removes_sandboxes_of_dead_owners(Probe& probe) {
  make_usable_backend(probe);
  Peer owner([&](Wire& wire) { own_a_sandbox(probe, wire); });
  owner.wire().receive_line();
  Processes processes = descendants_of(owner.process());
  processes.merge(processes_with_mark(probe.mark()));
  processes.erase(*std::find_if(processes.begin(), processes.end(),
                                [&](const ProcessKey& one) { return one.first == owner.process(); }));
  const auto cgroups = cgroups_of(processes);
  owner.kill();
  const auto backend = probe.make<SandboxBackend>();
  backend->sweep("owner-" + probe.mark(), {});
  eventually([&] { return still_running(processes).empty(); }, time_to_end);
  expect_gone(processes, cgroups, "after its owner was killed and sweep() has returned");
  expect_equal("the result of a second sweep()", 0, backend->sweep("owner-" + probe.mark(), {}));
}

void sweep_leaves_others_alone(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("true");
  const auto other = probe.make<SandboxBackend>();
  expect_equal("the result of sweep() for an owner without sandboxes", 0, other->sweep("nobody-" + probe.mark(), {}));
  expect_equal("a sandbox's output after another owner's sweep()", "alive\n", running.driver().output_of("echo alive"));
}

void sweep_honours_keep(Probe& probe) {
  RunningSandbox one(probe);
  RunningSandbox two(probe);
  for (RunningSandbox* running : {&one, &two}) running->driver().run("remembered=yes; echo text > file");
  const std::vector<SandboxId> keep{"check-" + probe.mark() + "-none", one.id(), two.id()};
  const auto other = probe.make<SandboxBackend>();
  expect_equal("the result of sweep() if every sandbox is kept", 0, other->sweep("owner-" + probe.mark(), keep));
  for (RunningSandbox* running : {&one, &two}) {
    expect_equal("what is left of a sandbox in `keep`", "yes text\n",
                 running->driver().output_of("echo $remembered $(cat file)"));
  }
}

void sweep_tells_owners_apart(Probe& probe) {
  SandboxSpec spec = make_spec(probe);
  const std::string owner = spec.owner;
  spec.owner = owners_of_case(probe.mark()).back();
  RunningSandbox running(probe, spec);
  running.driver().run("remembered=yes; echo text > file");
  const auto other = probe.make<SandboxBackend>();
  for (const char* end : {"-w1", "-w", "", "-w100", "-w01", "-W10"}) {
    expect_equal("the result of sweep() for the owner \"" + owner + end + "\", if only \"" + spec.owner + "\" has one",
                 0, other->sweep(owner + end, {}));
    expect_equal("what is left of a sandbox after sweep() for the owner \"" + owner + end + "\"", "yes text\n",
                 running.driver().output_of("echo $remembered $(cat file)"));
  }
}

void adopts_the_orphan(Probe& probe) {
  if (!make_usable_backend(probe)->probe().adopts) throw Skip("probe() reports that sandboxes end with their owner");
  Peer owner([&](Wire& wire) { own_a_sandbox(probe, wire); });
  const std::string id = owner.wire().receive_line();
  owner.kill();
  const auto backend = probe.make<SandboxBackend>();
  backend->sweep("owner-" + probe.mark(), {id});  // may find those that the owner was prewarming
  const auto sandbox = backend->adopt(id);
  const std::string remembered = ShellDriver(*sandbox).output_of("echo $remembered");
  sandbox->destroy();
  // A sandbox that the owner was prewarming when it was killed may have come into existence after the first sweep.
  backend->sweep("owner-" + probe.mark(), {});
  expect_equal("the variable of the adopted shell", "yes\n", remembered);
}

}  // namespace

void add_sandbox_life_cases(std::vector<Case>& cases) {
  constexpr std::chrono::seconds deadline{60};
  cases.insert(
      cases.end(),
      {{"DestroyEndsEverything", "When destroy() returns, no process and no control group of the sandbox is left.",
        destroy_ends_everything},
       {"DestroyIsIdempotent", "destroy() may be called twice; other calls throw Error(gone) from then on.",
        destroy_is_idempotent},
       {"DestroyInterruptsOtherCalls", "destroy() interrupts a call on another thread, which throws Error(gone).",
        destroy_interrupts_other_calls},
       {"DestructorEndsTheSandbox", "A sandbox ends with its object, even without destroy().",
        destructor_ends_what_runs},
       {"ManyStartAndEndAtOnce", "Sandboxes start and end on several threads at once.", many_start_and_end_at_once,
        deadline},
       {"HomesAreSeparate", "Changes in one sandbox's home are invisible in another's.", homes_are_separate},
       Case("StartKeepsItsDeadline",
            "start() returns or throws Error(timed_out) by its deadline, and then leaves nothing behind.",
            start_keeps_its_deadline)
           .provoking(),
       Case("AdoptRefusesUnknownNames",
            "adopt() throws Error(gone), or Error(unsupported) if probe() reports no adoption.",
            adopt_refuses_unknown_names)
           .provoking(),
       Case("SweepRemovesSandboxesOfDeadOwners", "After sweep(), nothing is left of a killed owner's sandbox.",
            sweep_removes_sandboxes_of_dead_owners, deadline)
           .provoking()
           .alone(),
       Case("SweepLeavesOthersAlone", "sweep() does not affect sandboxes of other owners.", sweep_leaves_others_alone)
           .alone(),
       Case("SweepHonoursKeep",
            "sweep() leaves the sandboxes in `keep` as they are, also if probe() reports no adoption.",
            sweep_honours_keep)
           .alone(),
       Case("SweepTellsOwnersApart",
            "An owner's name is the whole name: sweep() of \"w1\" leaves the sandboxes of \"w10\".",
            sweep_tells_owners_apart)
           .alone(),
       Case("AdoptsTheOrphan", "If probe() reports adoption, a killed owner's sandbox continues with the same shell.",
            adopts_the_orphan, deadline)
           .provoking()
           .alone()});
}

}  // namespace tellina::conformance
