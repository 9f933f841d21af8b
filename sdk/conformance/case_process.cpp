#include "case_process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <system_error>

#include "host_process.hpp"
#include "sandbox_terminal.hpp"

namespace tellina::conformance {

/// The child's result for its parent, in shared memory, which needs no descriptor and never blocks.
class SharedVerdict {
 public:
  class Content {
   public:
    bool finished;
    Outcome outcome;
    std::int64_t milliseconds;
    char mark[32];
    char finding[8192];
    char leaks[leak_kinds][2048];
  };

  SharedVerdict()
      : m_memory(mmap(nullptr, sizeof(Content), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (m_memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  }
  SharedVerdict(const SharedVerdict&) = delete;
  SharedVerdict& operator=(const SharedVerdict&) = delete;
  ~SharedVerdict() { munmap(m_memory, sizeof(Content)); }

  Content* operator->() { return static_cast<Content*>(m_memory); }

  void store(const Verdict& verdict);
  Verdict load();

 private:
  void* m_memory;
};

namespace {

template <std::size_t size>
void write_text(char (&to)[size], const std::string& text) {
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

/// What a case that passed may hide.
void add_warnings(const Case& one, Probe& probe, std::chrono::milliseconds took) {
  if (took > one.usual_time()) {
    probe.warn("expected the case to take at most " + std::to_string(one.usual_time().count()) +
               " ms, found that it took " + std::to_string(took.count()) + " ms");
  }
  const std::string log = probe.log().unexpected();
  if (!one.provokes && !log.empty()) probe.warn("The plugin's log says: " + log);
}

void run_function(const Case& one, Probe& probe, Verdict& verdict) {
  const auto began = std::chrono::steady_clock::now();
  try {
    one.run(probe);
    add_warnings(one, probe,
                 std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began));
    verdict.finding = probe.warning();
    if (!verdict.finding.empty()) verdict.outcome = Outcome::warning;
    return;
  } catch (const Failure& failure) {
    verdict.outcome = Outcome::failed;
    verdict.finding = failure.what();
  } catch (const Skip& skip) {
    verdict.outcome = Outcome::skipped;
    verdict.finding = skip.what();
    return;
  } catch (...) {
    verdict.outcome = Outcome::failed;
    verdict.finding = "expected no exception, found " + describe_exception();
  }
  if (const std::string log = probe.log().worst(); !log.empty()) verdict.finding += "\nThe plugin's log says: " + log;
}

/// `announce` gets the mark of the case before it runs.
Verdict run_with_mark(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known,
                      const std::function<void(const std::string&)>& announce) {
  Verdict verdict;
  const auto began = std::chrono::steady_clock::now();
  Probe probe(subject, seed);
  announce(probe.mark());
  const Audit audit;
  run_function(one, probe, verdict);
  verdict.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  verdict.leaks = audit.find_leaks(subject.kind == PluginKind::sandbox ? probe.mark() : "", known);
  return verdict;
}

[[noreturn]] void run_as_child(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known,
                               SharedVerdict& shared) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(2, 1);  // a plugin's output is not part of the report
  resemble_a_host();
  const Verdict verdict =
      run_with_mark(subject, one, seed, known, [&](const std::string& mark) { write_text(shared->mark, mark); });
  shared.store(verdict);
  _exit(0);
}

/// Readable once the process has ended. The caller still has to wait for it.
Descriptor open_process(pid_t process) {
  Descriptor descriptor(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
  if (!descriptor) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  return descriptor;
}

/// Returns whether the process ends within the time. The caller still has to wait for it.
bool ends_within(pid_t process, std::chrono::milliseconds time) {
  const Descriptor descriptor = open_process(process);
  const auto end = std::chrono::steady_clock::now() + time;
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd watched{descriptor.get(), POLLIN, 0};
    ready = poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

std::string describe_status(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = strsignal(WTERMSIG(status));
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + (name ? name : "unknown") + ")";
  }
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

/// A case that was killed, or whose process crashed, has left its sandboxes.
void sweep_after(const Subject& subject, const std::string& mark) {
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      Probe probe(subject, 0);
      const auto backend = probe.make<SandboxBackend>();
      for (const std::string& owner : owners_of_case(mark)) backend->sweep(owner, {});
    } catch (...) {
      _exit(1);  // the audits report what is left
    }
    _exit(0);
  }
  if (child < 0) return;
  if (!ends_within(child, std::chrono::seconds(20))) kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

Verdict run_in_child(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known) {
  SharedVerdict shared;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Processes others = descendants_of(getpid());
  const auto began = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) run_as_child(subject, one, seed, known, shared);

  Verdict verdict;
  const bool in_time = ends_within(child, one.deadline + time_for_leaks);
  if (!in_time) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (shared->finished) {
    verdict = shared.load();
  } else if (in_time) {
    verdict.outcome = Outcome::crashed;
    verdict.finding = "expected the case to end, found that its process ended with " + describe_status(status);
  } else {
    verdict.outcome = Outcome::failed;
    verdict.finding =
        "expected the case to end, found that it did not end within " + std::to_string(one.deadline.count()) + " s";
  }
  verdict.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  // A process that outlives its parent is the plugin's fault only if the case has completed.
  std::string& processes = verdict.leaks[static_cast<std::size_t>(Leak::processes)];
  if (shared->finished && processes.empty()) {
    Processes left;
    eventually([&] { return (left = adopted_by_this_process(others)).empty(); },
               known[static_cast<std::size_t>(Leak::processes)] ? time_for_known_leaks : time_for_leaks);
    processes = describe(left);
  }
  kill_below_this_process(others);
  if (!shared->finished && subject.kind == PluginKind::sandbox) sweep_after(subject, shared->mark);
  return verdict;
}

}  // namespace

Verdict run_here(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known) {
  return run_with_mark(subject, one, seed, known, [](const std::string&) {});
}

void SharedVerdict::store(const Verdict& verdict) {
  Content& content = *operator->();
  content.outcome = verdict.outcome;
  content.milliseconds = verdict.took.count();
  write_text(content.finding, verdict.finding);
  for (std::size_t kind = 0; kind < leak_kinds; ++kind) write_text(content.leaks[kind], verdict.leaks[kind]);
  content.finished = true;
}

Verdict SharedVerdict::load() {
  const Content& content = *operator->();
  Verdict verdict;
  verdict.outcome = content.outcome;
  verdict.took = std::chrono::milliseconds(content.milliseconds);
  verdict.finding = content.finding;
  for (std::size_t kind = 0; kind < leak_kinds; ++kind) verdict.leaks[kind] = content.leaks[kind];
  return verdict;
}

CaseRun::CaseRun(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known)
    : m_shared(std::make_unique<SharedVerdict>()), m_watcher(fork()) {
  if (m_watcher < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (m_watcher == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    m_shared->store(run_in_child(subject, one, seed, known));
    _exit(0);
  }
  m_descriptor = open_process(m_watcher);
}

CaseRun::~CaseRun() {
  if (m_watcher <= 0) return;
  kill(m_watcher, SIGKILL);
  waitpid(m_watcher, nullptr, 0);
}

Verdict CaseRun::finish() {
  int status = 0;
  waitpid(m_watcher, &status, 0);
  m_watcher = -1;
  if (!(*m_shared)->finished)
    throw std::runtime_error("the process that watches a case ended with " + describe_status(status));
  return m_shared->load();
}

}  // namespace tellina::conformance
