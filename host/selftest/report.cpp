#include "host/selftest/report.hpp"

#include <algorithm>
#include <cstdio>

namespace tellina {
namespace {

constexpr const char* head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="/static/images/icon.svg" type="image/svg+xml">
<title>)";

constexpr const char* style = R"(</title>
<style>
:root { color-scheme: light dark; background: Canvas; color: CanvasText; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid; }
td:last-child { text-align: right; white-space: nowrap; }
p, pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
</style>
</head>
<body>
)";

std::string escape(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        // A terminal may print control bytes, which a page cannot show.
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return escaped;
}

const char* word_of(SelfTestStep::Outcome outcome) {
  switch (outcome) {
    case SelfTestStep::Outcome::passed:
      return "passed";
    case SelfTestStep::Outcome::failed:
      return "failed";
    case SelfTestStep::Outcome::not_reached:
      return "not reached";
  }
  return "unknown";
}

std::string row_of(const SelfTestStep& step) {
  char took[32] = "";
  if (step.outcome != SelfTestStep::Outcome::not_reached) {
    std::snprintf(took, sizeof took, "%.2f s", std::chrono::duration<double>(step.took).count());
  }
  const std::string reason = step.reason.empty() ? "" : "<p>" + escape(step.reason) + "</p>";
  return "<tr><td>" + escape(step.name) + reason + "</td><td>" + word_of(step.outcome) + "</td><td>" + took +
         "</td></tr>\n";
}

}  // namespace

SelfTestStep::SelfTestStep(const std::string& name_) : name(name_) {}

bool SelfTestReport::passed() const {
  return !steps.empty() && std::all_of(steps.begin(), steps.end(), [](const SelfTestStep& step) {
    return step.outcome == SelfTestStep::Outcome::passed;
  });
}

SelfTestReport SelfTestReport::failure(const std::string& step, std::string reason) {
  SelfTestReport report;
  SelfTestStep& failed = report.steps.emplace_back(step);
  failed.outcome = SelfTestStep::Outcome::failed;
  failed.reason = std::move(reason);
  return report;
}

std::string self_test_page(const SelfTestReport& report) {
  const std::string verdict = report.passed() ? "Tests passed" : "Tests failed";
  std::string page = head + verdict + " &ndash; Tellina" + style + "<main>\n<h1>" + verdict + "</h1>\n";
  page += "<table>\n<tr><th scope=\"col\">Step</th><th scope=\"col\">Outcome</th><th scope=\"col\">Time</th></tr>\n";
  for (const SelfTestStep& step : report.steps) page += row_of(step);
  page += "</table>\n";
  if (!report.log.empty()) {
    page += "<h2>The server's log during the test</h2>\n<pre>";
    for (const std::string& line : report.log) page += escape(line) + "\n";
    page += "</pre>\n";
  }
  return page + "</main>\n</body>\n</html>\n";
}

}  // namespace tellina
