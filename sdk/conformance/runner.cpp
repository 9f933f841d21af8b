#include "tellina/conformance/runner.hpp"

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
  for (const Case& one : cases_of(subject.kind)) {
    const bool selected = !options.selects || options.selects(one.name);
    if (!selected && !(is_audit(one) && is_found(one.name, findings))) continue;
    const Verdict verdict = options.in_process ? run_here(subject, one, options.seed, known_kinds(findings))
                                               : run_in_child(subject, one, options.seed, known_kinds(findings));
    note_leaks(one, verdict.leaks, findings);
    Result result = make_result(one, verdict, options.seed);
    if (is_audit(one)) {
      audits.push_back(std::move(result));
    } else {
      report(result);
      results.push_back(std::move(result));
    }
  }
  for (Result& audit : audits) {
    add_findings(audit, findings);
    report(audit);
    results.push_back(std::move(audit));
  }
  return results;
}

}  // namespace tellina::conformance
