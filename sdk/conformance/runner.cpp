#include "tellina/conformance/runner.hpp"

#include <poll.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>

#include "case_process.hpp"
#include "cases.hpp"

namespace tellina::conformance {
namespace {

/// The cases that fail because of a leak, whichever case caused it.
constexpr const char* audit_names[leak_kinds] = {"LeavesNoDescriptors", "LeavesNoThreads", "LeavesNoProcesses",
                                                 "LeavesNoMounts",      "LeavesNoCgroups", "LeavesNoFiles"};

class Finding {
 public:
  std::string kind;
  std::string text;
};

Result make_result(const Case& one, const Verdict& verdict, std::uint64_t seed) {
  Result result;
  result.name = one.name;
  result.contract = one.contract;
  result.outcome = verdict.outcome;
  result.finding = verdict.finding;
  result.took = verdict.took;
  result.seeded = one.seeded;
  result.seed = seed;
  return result;
}

void note_leaks(const Case& one, const Leaks& leaks, std::vector<Finding>& findings) {
  for (std::size_t kind = 0; kind < leak_kinds; ++kind) {
    if (leaks[kind].empty()) continue;
    findings.push_back({audit_names[kind], std::string("after ") + one.name + ": " + leaks[kind]});
  }
}

bool is_audit(const Case& one) { return std::string_view(one.name).starts_with("LeavesNo"); }

/// Adds the leaks of all cases. If every case leaks, the first few are enough.
void add_findings(Result& result, const std::vector<Finding>& findings) {
  std::size_t count = 0;
  for (const Finding& finding : findings) {
    if (finding.kind != result.name) continue;
    if (++count == 1 && result.is_good()) {
      result.outcome = Outcome::failed;
      result.finding = "expected nothing to be left, found";
    }
    if (count <= 3) result.finding += "\n" + finding.text;
  }
  if (count > 3) result.finding += "\nand after " + std::to_string(count - 3) + " more";
}

bool is_found(const std::string& name, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.kind == name) return true;
  }
  return false;
}

LeakKinds known_kinds(const std::vector<Finding>& findings) {
  LeakKinds kinds{};
  for (std::size_t kind = 0; kind < leak_kinds; ++kind) kinds[kind] = is_found(audit_names[kind], findings);
  return kinds;
}

/// The cases that run, in their order. Those that have ended wait until all before them have.
class Running {
 public:
  void start(const Subject& subject, const Case& one, std::uint64_t seed, const LeakKinds& known) {
    m_entries.push_back({&one, std::make_unique<CaseRun>(subject, one, seed, known), std::nullopt});
  }

  /// Returns when fewer than `jobs` run. Calls `add` for each case whose turn it is.
  template <typename Add>
  void make_room(std::size_t jobs, const Add& add) {
    while (count_running() >= std::max<std::size_t>(jobs, 1)) wait_for_one(add);
  }

  template <typename Add>
  void finish_all(const Add& add) {
    while (!m_entries.empty()) wait_for_one(add);
  }

 private:
  class Entry {
   public:
    const Case* one;
    std::unique_ptr<CaseRun> run;    ///< null once it has ended
    std::optional<Verdict> verdict;  ///< of a case that has ended
  };

  std::size_t count_running() const {
    return static_cast<std::size_t>(
        std::count_if(m_entries.begin(), m_entries.end(), [](const Entry& entry) { return entry.run != nullptr; }));
  }

  template <typename Add>
  void wait_for_one(const Add& add) {
    std::vector<pollfd> watched;
    for (const Entry& entry : m_entries) {
      if (entry.run) watched.push_back({entry.run->descriptor(), POLLIN, 0});
    }
    poll(watched.data(), watched.size(), -1);
    std::size_t next = 0;
    for (Entry& entry : m_entries) {
      if (!entry.run || watched[next++].revents == 0) continue;
      entry.verdict = entry.run->finish();
      entry.run.reset();
    }
    while (!m_entries.empty() && m_entries.front().verdict) {
      add(*m_entries.front().one, *m_entries.front().verdict);
      m_entries.pop_front();
    }
  }

  std::deque<Entry> m_entries;
};

}  // namespace

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return "passed";
    case Outcome::failed:
      return "failed";
    case Outcome::crashed:
      return "crashed";
    case Outcome::skipped:
      return "skipped";
    case Outcome::warning:
      return "warning";
  }
  return "unknown";
}

std::vector<Case> cases_of(PluginKind kind) {
  std::vector<Case> cases;
  add_plugin_cases(cases);
  switch (kind) {
    case PluginKind::channel_layer:
      add_channel_layer_cases(cases);
      break;
    case PluginKind::ordering_policy:
      add_ordering_policy_cases(cases);
      break;
    case PluginKind::sandbox:
      add_sandbox_cases(cases);
      break;
  }
  add_audit_cases(kind, cases);
  return cases;
}

std::vector<Result> run_cases(const Subject& subject, const RunOptions& options,
                              const std::function<void(const Result&)>& report) {
  std::vector<Result> results;
  std::vector<Result> audits;
  std::vector<Finding> findings;
  const auto add = [&](const Case& one, const Verdict& verdict) {
    note_leaks(one, verdict.leaks, findings);
    Result result = make_result(one, verdict, options.seed);
    if (is_audit(one)) {
      audits.push_back(std::move(result));
    } else {
      report(result);
      results.push_back(std::move(result));
    }
  };
  const std::vector<Case> cases = cases_of(subject.kind);
  Running running;
  for (const Case& one : cases) {
    const bool selected = !options.selects || options.selects(one.name);
    if (!selected && !is_audit(one)) continue;
    // What the audits report is known when all other cases have ended.
    if (one.runs_alone || is_audit(one)) running.finish_all(add);
    if (!selected && !is_found(one.name, findings)) continue;
    if (options.in_process) {
      add(one, run_here(subject, one, options.seed, known_kinds(findings)));
      continue;
    }
    running.make_room(options.jobs, add);
    running.start(subject, one, options.seed, known_kinds(findings));
    if (one.runs_alone) running.finish_all(add);
  }
  running.finish_all(add);
  for (Result& audit : audits) {
    add_findings(audit, findings);
    report(audit);
    results.push_back(std::move(audit));
  }
  return results;
}

}  // namespace tellina::conformance
