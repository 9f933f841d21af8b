#include "host/study/output_check.hpp"

#include <algorithm>
#include <set>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

Bytes normalized(BytesView answer) {
  Bytes plain;
  plain.reserve(answer.size());
  for (std::size_t at = 0; at < answer.size(); ++at) {
    if (answer[at] == '\r' && at + 1 < answer.size() && answer[at + 1] == '\n') continue;
    plain += answer[at];
  }
  if (plain.ends_with('\n')) plain.pop_back();
  return plain;
}

std::vector<Bytes> split_lines(BytesView given) {
  std::vector<Bytes> lines;
  if (given.empty()) return lines;
  const Bytes text = normalized(given);
  std::size_t from = 0;
  for (std::size_t end = text.find('\n'); end != Bytes::npos; end = text.find('\n', from)) {
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  lines.push_back(text.substr(from));
  return lines;
}

std::vector<std::size_t> borders_of(BytesView text) {
  std::vector<std::size_t> borders(text.size() + 1, 0);
  std::size_t border = 0;
  for (std::size_t end = 1; end < text.size(); ++end) {
    while (border > 0 && text[border] != text[end]) border = borders[border];
    if (text[border] == text[end]) ++border;
    borders[end + 1] = border;
  }
  return borders;
}

/// How many lines a line of `size` bytes counts as.
std::int64_t counted(std::size_t size) {
  return size == 0 ? 1 : static_cast<std::int64_t>((size - 1) / limits::bytes_per_line) + 1;
}

std::int64_t counted(const std::vector<Bytes>& lines) {
  std::int64_t sum = 0;
  for (const Bytes& line : lines) sum += counted(line.size());
  return sum;
}

std::size_t longest(const std::vector<Bytes>& lines) {
  std::size_t size = 0;
  for (const Bytes& line : lines) size = std::max(size, line.size());
  return size;
}

/// Whether a line of output could be part of an answer that is searched as text.
bool may_be_part(BytesView line, const std::vector<Bytes>& answer) {
  if (answer.size() == 1) return line.find(answer.front()) != BytesView::npos;
  return line.ends_with(answer.front()) || line.starts_with(answer.back()) ||
         std::find(answer.begin() + 1, answer.end() - 1, line) != answer.end() - 1;
}

std::function<bool(BytesView)> typed_lines_that_matter(const std::vector<Bytes>& answer, OutputMatch match) {
  if (answer.empty()) return [](BytesView) { return false; };
  const bool has_only_empty_lines = longest(answer) == 0;
  if (match == OutputMatch::contains) {
    return [answer, has_only_empty_lines](BytesView line) {
      return (!line.empty() || has_only_empty_lines) && may_be_part(line, answer);
    };
  }
  return [known = std::set<Bytes, std::less<>>(answer.begin(), answer.end()), has_only_empty_lines](BytesView line) {
    return (!line.empty() || has_only_empty_lines) && known.contains(line);
  };
}

}  // namespace

OutputCheck::OutputCheck(BytesView answer, OutputMatch match, std::int64_t max_extra_lines)
    : m_match(match),
      m_answer(normalized(answer)),
      m_answer_lines(split_lines(answer)),
      m_max_counted(counted(m_answer_lines) + max_extra_lines),
      m_automaton(m_answer_lines),
      m_borders(borders_of(m_answer)),
      m_line_limit(std::max(longest(m_answer_lines), limits::kernel_line)),
      m_typed(typed_lines_that_matter(m_answer_lines, match), m_line_limit) {
  TELLINA_ASSERT(max_extra_lines >= 0 && max_extra_lines <= limits::extra_lines);
}

void OutputCheck::prompt_started() { m_typed.clear(); }

void OutputCheck::typed(BytesView bytes) {
  const InvariantScope invariant(*this);
  m_typed.typed(bytes);
  if (bytes.find_first_of("\r\n") != BytesView::npos) restart_count();
}

void OutputCheck::restart_count() {
  m_has_passed = passes();
  m_has_answer = false;
  m_counted = 0;
  m_line_bytes = 0;
}

bool OutputCheck::passes() const {
  if (m_has_passed || m_answer_lines.empty()) return true;
  const std::int64_t begun = m_line_bytes > 0 ? counted(m_line_bytes) : 0;
  return m_has_answer && m_counted + begun <= m_max_counted;
}

void OutputCheck::command_started(BytesView text, std::size_t lines_read) {
  m_typed.forget_command(text, lines_read);
  output_begins();
}

void OutputCheck::output_begins() {
  m_line.clear();
  m_line_is_long = false;
  m_position = LineAutomaton::Position();
  m_found_bytes = 0;
  m_line_count = 0;
  m_best = 0;
  m_best_end = 0;
  m_first_lines.clear();
  m_has_passed = false;
  m_has_answer = false;
  m_counted = 0;
  m_line_bytes = 0;
}

void OutputCheck::printed(BytesView text) {
  const InvariantScope invariant(*this);
  while (!text.empty()) {
    if (text.front() == '\r' && m_line.empty()) {
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('\n');
    const BytesView part = text.substr(0, end);
    if (end != BytesView::npos && m_line.empty() && !m_line_is_long && part.size() <= m_line_limit) {
      finish_line(part);
    } else {
      append_to_line(part);
      if (end == BytesView::npos) return;
      finish_line(m_line);
    }
    text.remove_prefix(end + 1);
  }
}

void OutputCheck::check_invariant() const {
  TELLINA_ASSERT(m_best >= 0 && m_best <= static_cast<int>(m_answer_lines.size()));
  TELLINA_ASSERT(m_best == 0 || (m_best_end > 0 && m_best_end <= m_line_count + 1));
  TELLINA_ASSERT(m_line.size() <= m_line_limit);
  TELLINA_ASSERT(m_first_lines.size() <= limits::detail_entries);
  TELLINA_ASSERT(static_cast<std::int64_t>(m_first_lines.size()) <= m_line_count);
  TELLINA_ASSERT(m_answer.empty() || m_found_bytes < m_answer.size());
  TELLINA_ASSERT(m_counted >= 0 && m_max_counted >= 0);
  TELLINA_ASSERT(m_best == static_cast<int>(m_answer_lines.size()) || (!m_has_answer && !m_has_passed));
  TELLINA_ASSERT(m_borders.size() == m_answer.size() + 1);
}

void OutputCheck::line_broken() {
  if (!m_line.empty()) finish_line(m_line);
}

Progress OutputCheck::command_ended() {
  line_broken();
  return progress();
}

Progress OutputCheck::progress() const {
  const int wanted = static_cast<int>(m_answer_lines.size());
  Progress progress;
  progress.passed = passes();
  progress.has_too_much_output = m_best == wanted && !progress.passed;
  progress.matched = m_best;
  progress.missing = wanted - m_best;
  progress.extra = static_cast<int>(std::clamp<std::int64_t>(m_line_count - m_best, 0, limits::extra_lines));
  std::vector<DetailEntry> entries;
  for (std::size_t index = 0; index < m_first_lines.size(); ++index) {
    const auto number = static_cast<std::int64_t>(index);
    const bool is_matched = number >= m_best_end - m_best && number < m_best_end;
    entries.emplace_back(m_first_lines[index], is_matched ? "matched" : "extra");
  }
  progress.detail = detail_json("line", entries);
  progress.missing_detail = detail_json("line", missing_lines());
  return progress;
}

/// The answer's lines before and after the run that was found.
std::vector<DetailEntry> OutputCheck::missing_lines() const {
  const auto best = static_cast<std::size_t>(m_best);
  const auto end = static_cast<std::size_t>(m_best_end);
  if (end > m_first_lines.size()) return {};
  const auto is_found_at = [&](std::size_t from) {
    for (std::size_t i = 0; i < best; ++i) {
      if (shortened_line(m_answer_lines[from + i]) != m_first_lines[end - best + i]) return false;
    }
    return true;
  };
  std::size_t from = 0;
  while (from + best < m_answer_lines.size() && !is_found_at(from)) ++from;
  std::vector<DetailEntry> missing;
  for (std::size_t line = 0; line < m_answer_lines.size() && missing.size() < limits::detail_entries; ++line) {
    if (line < from || line >= from + best) missing.emplace_back(shortened_line(m_answer_lines[line]), "missing");
  }
  return missing;
}

/// Keeps only as much of a line as could equal a typed line or a line of the answer; of a longer line, its start.
void OutputCheck::append_to_line(BytesView part) {
  m_line_bytes += part.size();
  if (m_line_is_long) {
    search(part);
  } else if (m_line.size() + part.size() <= m_line_limit) {
    m_line.append(part);
  } else {
    m_line_is_long = true;
    search(m_line);
    search(part);
    m_line.append(part.substr(0, m_line_limit - m_line.size()));
  }
}

void OutputCheck::finish_line(BytesView line) {
  if (!m_line_is_long && m_typed.contains(line)) {
    m_position = LineAutomaton::Position();
    m_found_bytes = 0;
  } else {
    m_counted += counted(std::max(line.size(), m_line_bytes));
    if (m_match == OutputMatch::contains) {
      if (!m_line_is_long) search(line);
      search("\n");
    } else {
      m_position = m_line_is_long ? LineAutomaton::Position() : m_automaton.advance(m_position, line);
      if (m_position.length > m_best) {
        m_best = m_position.length;
        m_best_end = m_line_count + 1;
      }
      if (m_position.length == static_cast<int>(m_answer_lines.size())) m_has_answer = true;
    }
  }
  if (m_first_lines.size() < limits::detail_entries) {
    m_first_lines.push_back(shortened_line(line));
  }
  ++m_line_count;
  m_typed.output_line_ended();
  m_line.clear();
  m_line_is_long = false;
  m_line_bytes = 0;
}

void OutputCheck::search(BytesView text) {
  if (m_match != OutputMatch::contains || m_has_answer || m_answer_lines.empty() || text.empty()) return;
  // The answer is one empty line, which any text contains.
  if (m_answer.empty()) return found_answer();
  for (const char byte : text) {
    while (m_found_bytes > 0 && m_answer[m_found_bytes] != byte) m_found_bytes = m_borders[m_found_bytes];
    if (m_answer[m_found_bytes] == byte) ++m_found_bytes;
    if (m_found_bytes == m_answer.size()) return found_answer();
  }
}

void OutputCheck::found_answer() {
  m_has_answer = true;
  m_found_bytes = 0;
  const int wanted = static_cast<int>(m_answer_lines.size());
  if (m_best < wanted) m_best_end = m_line_count + 1;
  m_best = wanted;
}

}  // namespace tellina
