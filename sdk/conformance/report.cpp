#include "tellina/conformance/report.hpp"

#include <array>

#include "tellina/text.hpp"

namespace tellina::conformance {
namespace {

void print_indented(std::ostream& out, const std::string& text) {
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    out << "         " << text.substr(from, end - from) << '\n';
    from = end + 1;
  }
}

/// Writes octets above ASCII as the character with that number, so that the line is always valid UTF-8.
std::string as_json(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += std::string("\\") + c;
    } else if (octet < 32 || octet > 126) {
      json += "\\u" + hexadecimal(octet, 4);
    } else {
      json += c;
    }
  }
  return json + "\"";
}

}  // namespace

void print_result(std::ostream& out, const Result& result) {
  std::string outcome = to_string(result.outcome);
  outcome.resize(9, ' ');
  std::string name = result.name;
  if (name.size() < 42) name.resize(42, ' ');
  out << outcome << name << "  " << result.took.count() << " ms\n";
  if (result.outcome == Outcome::passed) return;
  if (result.outcome != Outcome::skipped) print_indented(out, result.contract);
  print_indented(out, result.finding);
  if (!result.is_good() && result.seeded) print_indented(out, "Again: --seed " + std::to_string(result.seed));
}

void print_summary(std::ostream& out, const std::vector<Result>& results) {
  std::array<std::size_t, 5> counts{};
  for (const Result& result : results) ++counts[static_cast<std::size_t>(result.outcome)];
  bool first = true;
  for (std::size_t outcome = 0; outcome < counts.size(); ++outcome) {
    if (counts[outcome] == 0 && outcome != 0) continue;
    out << (first ? "" : ", ") << counts[outcome] << ' ' << to_string(static_cast<Outcome>(outcome));
    first = false;
  }
  out << '\n';
}

void print_cases(std::ostream& out, const std::vector<Case>& cases) {
  for (const Case& one : cases) out << one.name << "\n    " << one.contract << '\n';
}

void print_result_as_json(std::ostream& out, const Result& result) {
  out << "{\"name\": " << as_json(result.name) << ", \"contract\": " << as_json(result.contract) << ", \"outcome\": \""
      << to_string(result.outcome) << "\", \"finding\": " << as_json(result.finding)
      << ", \"milliseconds\": " << result.took.count();
  if (result.seeded) out << ", \"seed\": " << result.seed;
  out << "}\n";
}

void print_case_as_json(std::ostream& out, const Case& one) {
  out << "{\"name\": " << as_json(one.name) << ", \"contract\": " << as_json(one.contract) << "}\n";
}

}  // namespace tellina::conformance
