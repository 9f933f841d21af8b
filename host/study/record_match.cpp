#include "host/study/record_match.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/study/progress_detail.hpp"

namespace tellina {
namespace {

constexpr std::size_t nothing = std::numeric_limits<std::size_t>::max();

std::unique_ptr<re2::RE2> compiled(const std::string& expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingUTF8);
  options.set_max_mem(limits::expression_memory);
  return std::make_unique<re2::RE2>(expression, options);
}

/// A matching of records with lines that covers as many lines with names as possible, and among these as many records
/// as possible: augmenting paths (Kuhn's algorithm), first from these lines, then from the records. A path covers
/// another node and uncovers none.
class Matching {
 public:
  Matching(std::size_t records, std::size_t lines)
      : m_records(records),
        m_edges(records + lines),
        m_partner(records + lines, nothing),
        m_visit(records + lines, 0) {}

  void connect(std::size_t record, std::size_t line) {
    m_edges[record].push_back(m_records + line);
    m_edges[m_records + line].push_back(record);
  }
  void cover_record(std::size_t record) { cover(record); }
  void cover_line(std::size_t line) { cover(m_records + line); }

  bool is_covered_record(std::size_t record) const { return m_partner[record] != nothing; }
  bool is_covered_line(std::size_t line) const { return m_partner[m_records + line] != nothing; }

 private:
  /// A node on the side of the first one, and which of its edges the path tries next.
  struct Step {
    std::size_t node;
    std::size_t next = 0;
  };

  /// Uses its own stack, because a path may be as long as the answer.
  void cover(std::size_t first) {
    if (m_partner[first] != nothing) return;
    ++m_visits;
    std::vector<Step> path{{first}};
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == m_edges[step.node].size()) {
        path.pop_back();
        continue;
      }
      const std::size_t other = m_edges[step.node][step.next++];
      if (std::exchange(m_visit[other], m_visits) == m_visits) continue;
      if (m_partner[other] == nothing) {
        for (const Step& taken : path) {
          const std::size_t partner = m_edges[taken.node][taken.next - 1];
          m_partner[taken.node] = partner;
          m_partner[partner] = taken.node;
        }
        return;
      }
      path.push_back({m_partner[other]});
    }
  }

  std::size_t m_records;
  std::vector<std::vector<std::size_t>> m_edges;
  std::vector<std::size_t> m_partner;
  std::vector<std::size_t> m_visit;  ///< the number of the search that visited the node last
  std::size_t m_visits = 0;
};

}  // namespace

std::string expression_error(const std::string& expression) { return compiled(expression)->error(); }

bool matches_whole(const std::string& expression, std::string_view text) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled(expression));
}

RecordMatch::RecordMatch(std::vector<OutputRecordAnswer> records, bool allows_extra)
    : m_records(std::move(records)), m_allows_extra(allows_extra) {
  for (const OutputRecordAnswer& record : m_records) {
    m_expressions.push_back(record.expression.empty() ? nullptr : compiled(record.expression));
    TELLINA_ASSERT(!m_expressions.back() || m_expressions.back()->ok());
  }
}

RecordMatch::~RecordMatch() = default;

bool RecordMatch::fits(std::size_t record, BytesView line) const {
  if (line.find(m_records[record].text) == BytesView::npos) return false;
  return !m_expressions[record] || re2::RE2::PartialMatch(re2::StringPiece(line), *m_expressions[record]);
}

Progress RecordMatch::match(const std::vector<ScannedLine>& lines) const {
  std::unordered_map<BytesView, std::vector<std::size_t>> lines_of_name;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    for (const Bytes& name : lines[line].names) lines_of_name[name].push_back(line);
  }
  Matching matching(m_records.size(), lines.size());
  for (std::size_t record = 0; record < m_records.size(); ++record) {
    const Bytes& name = m_records[record].name;
    if (name.empty()) {
      for (std::size_t line = 0; line < lines.size(); ++line) {
        if (fits(record, lines[line].line)) matching.connect(record, line);
      }
    } else if (const auto found = lines_of_name.find(name); found != lines_of_name.end()) {
      for (const std::size_t line : found->second) {
        if (fits(record, lines[line].line)) matching.connect(record, line);
      }
    }
  }
  for (std::size_t line = 0; line < lines.size(); ++line) {
    if (!lines[line].names.empty()) matching.cover_line(line);
  }
  for (std::size_t record = 0; record < m_records.size(); ++record) matching.cover_record(record);
  Progress progress;
  std::vector<DetailEntry> entries;
  std::int64_t extra = 0;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    const bool is_covered = matching.is_covered_line(line);
    if (!is_covered && lines[line].names.empty()) continue;
    if (!is_covered) ++extra;
    if (entries.size() < limits::detail_entries) {
      entries.emplace_back(shortened_line(lines[line].line), is_covered ? "matched" : "extra");
    }
  }
  std::vector<DetailEntry> missing;
  for (std::size_t record = 0; record < m_records.size(); ++record) {
    if (matching.is_covered_record(record)) {
      ++progress.matched;
      continue;
    }
    ++progress.missing;
    const OutputRecordAnswer& wanted = m_records[record];
    const Bytes& shown = !wanted.name.empty() ? wanted.name : !wanted.text.empty() ? wanted.text : wanted.expression;
    if (missing.size() < limits::detail_entries) missing.emplace_back(shortened_line(shown), "missing");
  }
  progress.extra = static_cast<int>(std::min(extra, limits::extra_lines));
  progress.passed = progress.missing == 0 && (progress.extra == 0 || m_allows_extra);
  progress.detail = detail_json("line", entries);
  progress.missing_detail = detail_json("line", missing);
  return progress;
}

}  // namespace tellina
