#include "faults/checker.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <boost/json.hpp>

namespace tellina::faults {
namespace {

using Range = Receipts::Range;

constexpr std::string_view life_mark =
    "\x1b"
    "c";

std::uint64_t overlap(const Range& one, const Range& other) {
  const std::uint64_t from = std::max(one.from, other.from);
  const std::uint64_t to = std::min(one.to, other.to);
  return to > from ? to - from : 0;
}

std::uint64_t overlap(const Range& one, const std::vector<Range>& others) {
  std::uint64_t sum = 0;
  for (const Range& other : others) sum += overlap(one, other);
  return sum;
}

std::string text(const Range& range) { return std::to_string(range.from) + " to " + std::to_string(range.to); }

/// One participant's record.
class Record {
 public:
  Record(const testing::StudyDatabase& database, const Receipts& receipts, const FaultLog& fault_log, Verdict& verdict)
      : m_database(database), m_receipts(receipts), m_fault_log(fault_log), m_verdict(verdict) {}

  void check() {
    for (const std::string& fault : m_receipts.faults) note(m_verdict.stuck_participants, 1, fault);
    read_gaps();
    m_input = stream("input");
    m_output = stream("output");
    check_input();
    check_shells();
    check_screen();
  }

 private:
  void note(std::uint64_t& counter, std::uint64_t amount, const std::string& sentence) {
    m_verdict.add(counter, amount, m_receipts.access_code + ": " + sentence);
  }

  std::string stream(const std::string& name) {
    try {
      return m_database.stream(name, m_receipts.access_code, 1);
    } catch (const std::exception& error) {
      note(m_verdict.unnamed_gaps, 1, error.what());
      return {};
    }
  }

  void read_gaps() {
    for (const auto& row :
         m_database.rows("SELECT stream, from_offset, to_offset, reason FROM gaps WHERE access_code = ?1",
                         {m_receipts.access_code})) {
      const Range range{std::stoull(row[1]), std::stoull(row[2])};
      (row[0] == "input" ? m_input_gaps : m_output_gaps).push_back(range);
      if (m_fault_log.count(Harm::worker_death, m_receipts.access_code) == 0) {
        note(m_verdict.untrue_gaps, 1,
             row[0] + " " + text(range) + " is a gap with the reason " + row[3] + ", although nothing died");
      }
    }
    for (const auto& row :
         m_database.rows("SELECT detail FROM event_log WHERE kind = 'input_dropped' AND access_code = ?1",
                         {m_receipts.access_code})) {
      const boost::json::object detail = boost::json::parse(row[0]).as_object();
      const auto from = detail.at("from_offset").to_number<std::uint64_t>();
      m_dropped.push_back({from, from + detail.at("bytes").to_number<std::uint64_t>()});
    }
  }

  void check_input() {
    for (const Range& range : m_receipts.acknowledged) {
      m_verdict.acknowledged_bytes += range.to - range.from;
      std::uint64_t lost = overlap(range, m_input_gaps);
      if (range.to > m_input.size()) lost += range.to - std::max<std::uint64_t>(range.from, m_input.size());
      if (lost > 0)
        note(m_verdict.lost_bytes, lost,
             std::to_string(lost) + " bytes of the acknowledged " + text(range) + "; " + gaps_in(range));
    }
    for (std::uint64_t offset = 0; offset < m_input.size(); ++offset) {
      if (overlap({offset, offset + 1}, m_input_gaps) > 0) continue;
      const char typed = offset < m_receipts.typed.size() ? m_receipts.typed[offset] : '\0';
      if (m_input[offset] == typed) continue;
      note(m_verdict.wrong_bytes, 1,
           "the recorded input differs from the typed input at offset " + std::to_string(offset));
      return;
    }
  }

  std::string gaps_in(const Range& range) const {
    std::string found = "the record ends at " + std::to_string(m_input.size());
    for (const auto& row :
         m_database.rows("SELECT from_offset, to_offset, reason FROM gaps WHERE access_code = ?1 AND stream = 'input'",
                         {m_receipts.access_code})) {
      const Range gap{std::stoull(row[0]), std::stoull(row[1])};
      if (overlap(range, gap) > 0) found += ", gap " + text(gap) + " (" + row[2] + ")";
    }
    return found;
  }

  void check_shells() {
    const auto replaced = std::stoull(
        m_database.value("SELECT count(*) FROM event_log WHERE kind = 'sandbox_replaced' AND access_code = ?1",
                         {m_receipts.access_code}));
    const std::size_t deaths = m_fault_log.count(Harm::shell_death, m_receipts.access_code);
    if (replaced > deaths) {
      note(m_verdict.replaced_shells, replaced - deaths,
           std::to_string(replaced) + " shells were replaced, although only " + std::to_string(deaths) +
               " can have died");
    }
  }

  /// Whether the server does not promise that the screen shows this record.
  bool is_excused(const Receipts::Record& record) const {
    return overlap(record.input, m_input_gaps) > 0 || overlap(record.input, m_dropped) > 0;
  }

  void check_screen() {
    std::size_t last_typed = 0;  ///< index after the last record that was shown
    std::set<int> shown;
    for (std::size_t from = 0; from != std::string::npos;) {
      const std::size_t next = m_output.find(life_mark, from + 1);
      const bool is_last = next == std::string::npos;
      check_life(from, is_last ? m_output.size() : next, is_last, shown, last_typed);
      from = next;
    }
  }

  /// One sandbox's output.
  void check_life(std::size_t from, std::size_t to, bool is_last, std::set<int>& shown, std::size_t& behind) {
    const std::string head = m_receipts.access_code + ":";
    int previous = 0;
    std::size_t previous_end = from;
    for (std::size_t at = from; (at = m_output.find(head, at)) < to;) {
      const std::size_t end = at + record_text(m_receipts.access_code, 0).size();
      const std::string found = m_output.substr(at, end - at);
      const int number = std::atoi(found.c_str() + head.size());
      const std::size_t begin = at;
      at += head.size();
      // A gap or the end of a shell has cut this record.
      if (found != record_text(m_receipts.access_code, number)) continue;
      ++m_verdict.shown_records;
      if (!shown.insert(number).second) note(m_verdict.doubled_records, 1, found + " was shown twice");
      if (number < previous)
        note(m_verdict.reordered_records, 1, found + " was shown after " + std::to_string(previous));
      check_between(previous > 0 ? previous : before_life_of(number), number, previous_end, begin);
      previous = number;
      previous_end = end;
    }
    if (previous > 0) behind = static_cast<std::size_t>(previous);
    // The last input of a shell that died may have no output.
    if (!is_last) return;
    for (std::size_t i = behind; i < m_receipts.records.size(); ++i) {
      const Receipts::Record& record = m_receipts.records[i];
      if (is_excused(record) || record.input.to > m_input.size()) continue;
      note(m_verdict.missing_records, 1, "record " + std::to_string(record.number) + " was never shown");
      return;
    }
  }

  /// The last record that was typed before the run of `cat` that got this one.
  int before_life_of(int number) const {
    const auto life_of = [this](int record) {
      return m_receipts.records.at(static_cast<std::size_t>(record) - 1).life;
    };
    int before = number - 1;
    while (before > 0 && life_of(before) == life_of(number)) --before;
    return before;
  }

  void check_between(int previous, int number, std::size_t previous_end, std::size_t begin) {
    if (overlap({previous_end, begin}, m_output_gaps) > 0) return;
    for (int missing = previous + 1; missing < number; ++missing) {
      const Receipts::Record& record = m_receipts.records.at(static_cast<std::size_t>(missing) - 1);
      if (is_excused(record)) continue;
      note(m_verdict.missing_records, 1,
           "record " + std::to_string(missing) + ", typed at " + text(record.input) + ", was not shown before " +
               std::to_string(number));
      return;
    }
  }

  const testing::StudyDatabase& m_database;
  const Receipts& m_receipts;
  const FaultLog& m_fault_log;
  Verdict& m_verdict;
  std::string m_input;
  std::string m_output;
  std::vector<Range> m_input_gaps;
  std::vector<Range> m_output_gaps;
  std::vector<Range> m_dropped;
};

}  // namespace

void Verdict::add(std::uint64_t& counter, std::uint64_t amount, std::string sentence) {
  counter += amount;
  findings.push_back(std::move(sentence));
}

void check_record(const testing::StudyDatabase& database, const Receipts& receipts, const FaultLog& fault_log,
                  Verdict& verdict) {
  Record(database, receipts, fault_log, verdict).check();
}

}  // namespace tellina::faults
