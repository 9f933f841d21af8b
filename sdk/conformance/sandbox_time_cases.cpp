/// What calls promise under time: deadlines, interruption, races, and what remains after many sandboxes.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <thread>

#include "peer.hpp"
#include "sandbox_cases.hpp"

namespace tellina::conformance {
namespace {

using std::chrono::milliseconds;

/// What a busy machine may add to a deadline.
constexpr milliseconds tolerance{2000};

template <typename Call>
milliseconds time_of(Call call) {
  const auto began = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

std::string text_of(milliseconds time) { return std::to_string(time.count()) + " ms"; }

/// A home of 1,800 files, for which a backend with 8 MiB and 4,000 files has room.
SandboxSpec large_spec(Probe& probe) {
  SandboxSpec spec = make_spec(probe);
  for (int folder = 0; folder < 30; ++folder) {
    FileNode& node =
        spec.initial.root.children.emplace("d" + std::to_string(folder), FileNode::directory()).first->second;
    for (int file = 0; file < 60; ++file) {
      node.children.emplace("f" + std::to_string(file), FileNode::regular("text " + std::to_string(file)));
    }
  }
  return spec;
}

/// Whether a process with this mark is there, or is just replacing its memory (execve), which hides its environment for
/// a moment.
bool has_process(const std::string& mark) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  while (processes_with_mark(mark).empty()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void start_runs_the_shell(Probe& probe) {
  const auto backend = make_usable_backend(probe);
  std::size_t without = 0;
  constexpr std::size_t rounds = 10;
  for (std::size_t round = 0; round < rounds; ++round) {
    SandboxSpec spec = make_spec(probe);
    spec.environment["TELLINA_CHECK_ROUND"] = probe.unique("round-");
    const auto sandbox = backend->start(spec);
    const bool runs = has_process(spec.environment["TELLINA_CHECK_ROUND"]);
    ShellDriver(*sandbox).run("true");
    const bool is_visible = !processes_with_mark(spec.environment["TELLINA_CHECK_ROUND"]).empty();
    sandbox->destroy();
    if (!is_visible) throw Skip("this machine does not show the processes of the sandbox");
    if (!runs) ++without;
  }
  expect(without == 0, "that a shell runs when start() has returned",
         "none after " + show(without) + " of " + show(rounds) + " starts");
}

void large_home_keeps_the_deadline_of_start(Probe& probe) {
  const auto backend = make_usable_backend(probe);
  std::unique_ptr<Sandbox> sandbox;
  const milliseconds usual = time_of([&] { sandbox = backend->start(large_spec(probe)); });
  sandbox->destroy();
  sandbox.reset();
  SandboxSpec spec = large_spec(probe);
  spec.deadline = milliseconds(1);
  const milliseconds took = time_of([&] {
    try {
      sandbox = backend->start(spec);
    } catch (const Error& error) {
      expect(error.code() == ErrorCode::timed_out, "Error(timed_out) if 1 ms is too short", describe_exception());
    }
  });
  if (sandbox) sandbox->destroy();
  expect(took <= tolerance + usual / 2, "an answer of start() soon after its deadline of 1 ms",
         "one after " + text_of(took));
}

void large_home_keeps_the_deadline_of_snapshot(Probe& probe) {
  RunningSandbox running(probe, large_spec(probe));
  const milliseconds usual = time_of([&] {
    const FileTree tree = running.snapshot();
    expect_equal("folders of a large home", 30, tree.root.children.size());
    expect_equal("files of a folder in a large home", 60, child_of(tree.root, "d29").children.size());
  });
  SnapshotRequest request;
  request.deadline = milliseconds(1);
  const milliseconds took = time_of([&] {
    try {
      running.sandbox().snapshot(request);
    } catch (const Error& error) {
      expect(error.code() == ErrorCode::timed_out, "Error(timed_out) if 1 ms is too short", describe_exception());
    }
  });
  expect(took <= tolerance + usual / 2, "an answer of snapshot() soon after its deadline of 1 ms",
         "one after " + text_of(took));
  expect_equal("folders in a snapshot after one that was too slow", 30, running.snapshot().root.children.size());
}

void destroy_interrupts_a_slow_snapshot(Probe& probe) {
  RunningSandbox running(probe, large_spec(probe));
  running.driver().run("true");
  std::promise<void> began;
  std::string found;
  std::thread reader([&] {
    SnapshotRequest request;
    request.deadline = std::chrono::seconds(20);
    try {
      running.sandbox().snapshot(request);
      began.set_value();
      for (;;) running.sandbox().snapshot(request);
    } catch (const Error& error) {
      found = error.code() == ErrorCode::gone ? "" : describe_exception();
    } catch (...) {
      found = describe_exception();
    }
  });
  began.get_future().wait_for(std::chrono::seconds(15));
  const milliseconds took = time_of([&] {
    running.sandbox().destroy();
    reader.join();
  });
  expect(found.empty(), "Error(gone) from the interrupted snapshot()", found);
  expect(took <= tolerance * 2, "that destroy() and the snapshot() that it interrupts end at once",
         "that they took " + text_of(took));
}

void destroy_may_come_twice_at_once(Probe& probe) {
  for (int round = 0; round < 3; ++round) {
    RunningSandbox running(probe);
    std::vector<std::thread> threads;
    std::vector<std::string> failures(3);
    for (std::string& failure : failures) {
      threads.emplace_back([&running, &failure] {
        try {
          running.sandbox().destroy();
        } catch (...) {
          failure = describe_exception();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& failure : failures) expect(failure.empty(), "that destroy() throws nothing", failure);
  }
}

void restart_ends_the_old_processes(Probe& probe) {
  RunningSandbox running(probe);
  const std::string name = probe.unique("program-");
  running.driver().run("(exec -a " + name + "-job sleep 1000) & true");
  running.driver().run("(trap '' HUP TERM; exec -a " + name + "-deaf sleep 1000) & disown -a");
  running.driver().run("setsid bash -c 'exec -a " + name + "-session sleep 1000' & true");
  const auto any = [&] {
    for (const char* end : {"-job", "-deaf", "-session"}) {
      if (process_named(name + end)) return true;
    }
    return false;
  };
  running.end_shell("exit");
  running.sandbox().restart_shell(TerminalSize());
  ShellDriver driver(running.sandbox());
  const std::string inside =
      driver.output_of("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -a '^program-' || true");
  expect(inside.find(name) == std::string::npos && !any(), "that restart_shell() ends every process of the old shell",
         "some that run");
}

void sweep_removes_the_rest(Probe& probe) {
  make_usable_backend(probe);
  Peer owner([&](Wire& wire) {
    const auto backend = make_usable_backend(probe);
    const SandboxSpec kept = make_spec(probe);
    const SandboxSpec rest = make_spec(probe);
    const auto one = backend->start(kept);
    const auto two = backend->start(rest);
    ShellDriver(*one).run("echo text > file");
    ShellDriver(*two).run("echo text > file");
    wire.send_line(kept.id);
    wire.send_line(rest.id);
    wire.receive_line(std::chrono::seconds(120));
  });
  const std::string kept = owner.wire().receive_line();
  const std::string rest = owner.wire().receive_line();
  owner.kill();
  const auto backend = probe.make<SandboxBackend>();
  const std::string name = owners_of_case(probe.mark()).front();
  const auto expect_none_of = [](const std::string& id, const std::string& when) {
    for (const std::string& leak : Audit().find_leaks(id, {}))
      expect(leak.empty(), "nothing of a dead owner's sandbox " + when, leak);
  };
  // The counts include sandboxes that the owner was prewarming, also one that came into existence after the first call.
  backend->sweep(name, {kept});
  expect_none_of(rest, "that is not in `keep` after sweep()");
  backend->sweep(name, {});
  expect_none_of(kept, "after sweep() with an empty `keep`");
  backend->sweep(name, {});
  expect_equal("the result of sweep() of an owner that has none left", 0, backend->sweep(name, {}));
}

void snapshot_is_not_led_out(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("mkdir d; echo text > d/inside; ln -s /etc l");
  // renameat2() with RENAME_EXCHANGE, number 316 on x86-64 and 276 on arm64; where that is not possible, mv.
  running.driver().type(
      "(perl -e '$n = `uname -m` =~ /x86_64/ ? 316 : 276; while (syscall($n, -100, \"d\", -100, \"l\", 2) == 0) {}'; "
      "while :; do mv -T d x; mv -T l d; mv -T d l; mv -T x d; done) >/dev/null 2>&1 &\n");
  running.driver().run("true");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < end) {
    for (const auto& [name, node] : running.snapshot().root.children) {
      for (const auto& [child, ignored] : node.children) {
        expect(child == "inside", "a snapshot of the home alone, while a folder and a link are exchanged",
               show(child) + " below " + show(name));
      }
    }
  }
}

/// What the names of one program's leftovers have in common; "" for anything.
std::vector<std::string> shapes_of(const std::string& entry) {
  const std::size_t slash = entry.rfind('/');
  std::string shape = entry.starts_with('/') ? entry.substr(0, slash + 5) : entry;
  std::erase_if(shape, [](char c) { return c >= '0' && c <= '9'; });
  return {"", shape};
}

/// Entries that were added in rounds with a sandbox and in the pauses between them, by their shapes.
class Growth {
 public:
  explicit Growth(std::size_t rounds) : m_rounds(rounds) {}

  void add(const std::set<std::string>& during, const std::set<std::string>& between) {
    ++m_round;
    for (const std::string& entry : during) {
      for (const std::string& shape : shapes_of(entry)) m_during[shape][m_round].insert(entry);
    }
    std::set<std::string> shapes;
    for (const std::string& entry : between) {
      for (const std::string& shape : shapes_of(entry)) shapes.insert(shape);
    }
    for (const std::string& shape : shapes) ++m_between[shape];
  }

  /// One of the entries of a shape of which something is left of every round, and that rarely came in a pause.
  template <typename Exists>
  std::string remains(Exists exists) const {
    for (const auto& [shape, rounds] : m_during) {
      const auto between = m_between.find(shape);
      if (between != m_between.end() && between->second > m_rounds / 3) continue;
      std::size_t count = 0;
      std::string last;
      for (const auto& [round, entries] : rounds) {
        const auto left = std::find_if(entries.begin(), entries.end(), exists);
        if (left == entries.end()) continue;
        ++count;
        last = *left;
      }
      if (count == m_rounds) return last;
    }
    return "";
  }

 private:
  const std::size_t m_rounds;
  std::size_t m_round = 0;
  std::map<std::string, std::map<std::size_t, std::set<std::string>>> m_during;
  std::map<std::string, std::size_t> m_between;
};

void nothing_accumulates(Probe& probe) {
  const auto start_one = [&] {
    const auto backend = make_usable_backend(probe);
    const auto sandbox = backend->start(make_spec(probe));
    ShellDriver(*sandbox).run("true");
    sandbox->destroy();
  };
  start_one();  // creates what a backend keeps for all sandboxes
  constexpr std::size_t rounds = 5;
  // Others use the machine too. What a sandbox leaves is added while one runs, in every round, and not between them.
  std::string found;
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::vector<Growth> growths(Inventory::kinds.size(), Growth(rounds));
    Inventory last = Inventory::now();
    for (std::size_t round = 0; round < rounds; ++round) {
      const milliseconds took = time_of(start_one);
      const Inventory now = Inventory::now();
      std::this_thread::sleep_for(std::min(took, milliseconds(500)));  // the pause is what is compared
      const Inventory later = Inventory::now();
      for (std::size_t kind = 0; kind < growths.size(); ++kind)
        growths[kind].add(now.added_since(last, kind), later.added_since(now, kind));
      last = later;
    }
    const auto remains = [&] {
      found.clear();
      const Inventory now = Inventory::now();
      for (std::size_t kind = 0; kind < growths.size(); ++kind) {
        const std::string left =
            growths[kind].remains([&](const std::string& entry) { return !now.common({entry}, kind).empty(); });
        if (left.empty()) continue;
        found += std::string(found.empty() ? "a " : ", a ") + Inventory::kinds[kind] + " for each, the last " + left;
      }
      return !found.empty();
    };
    if (eventually([&] { return !remains(); }, tolerance)) return;
  }
  throw Failure("expected nothing to be left of five sandboxes, found " + found);
}

}  // namespace

void add_sandbox_time_cases(std::vector<Case>& cases) {
  constexpr std::chrono::seconds deadline{60};
  cases.insert(
      cases.end(),
      {{"StartRunsTheShell", "When start() returns, the shell runs.", start_runs_the_shell, deadline},
       Case("LargeHomeKeepsTheDeadlineOfStart",
            "start() returns or throws Error(timed_out) soon after its deadline, also while it fills a large home.",
            large_home_keeps_the_deadline_of_start, deadline)
           .provoking(),
       Case("LargeHomeKeepsTheDeadlineOfSnapshot",
            "snapshot() returns or throws Error(timed_out) soon after its deadline, and a later one is complete.",
            large_home_keeps_the_deadline_of_snapshot, deadline)
           .provoking(),
       Case("DestroyInterruptsASlowSnapshot",
            "destroy() interrupts a snapshot of a large home, whatever the snapshot's deadline.",
            destroy_interrupts_a_slow_snapshot, deadline)
           .provoking(),
       {"DestroyMayComeTwiceAtOnce", "destroy() may be called on several threads at once.",
        destroy_may_come_twice_at_once},
       {"RestartEndsTheOldProcesses", "restart_shell() ends every process of the old shell.",
        restart_ends_the_old_processes},
       Case("SweepRemovesTheRest",
            "sweep() removes those of a dead owner's sandboxes that are not in `keep`, and later the rest.",
            sweep_removes_the_rest, deadline)
           .provoking(),
       {"SnapshotIsNotLedOut", "A snapshot shows only the home, also while folders and links are exchanged.",
        snapshot_is_not_led_out},
       Case("NothingAccumulates",
            "Sandboxes leave no mount, control group, process or file on the machine, whatever its name.",
            nothing_accumulates, deadline)
           .alone()});
}

}  // namespace tellina::conformance
