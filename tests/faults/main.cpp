/// Runs the real server under faults that a seed chooses, while participants type, and checks the record afterwards.

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "faults/checker.hpp"
#include "faults/fault_driver.hpp"
#include "host/runtime/system.hpp"

namespace tellina::faults {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// After the end of all faults, each participant must see later input of theirs within this time.
constexpr Milliseconds continue_limit = 10s;
constexpr Milliseconds begin_limit = 60s;
constexpr Milliseconds finish_limit = 30s;
constexpr Milliseconds end_limit = 10s;

constexpr const char* usage =
    R"(usage: test_faults [OPTION]...
  --seeds N or N..M    the seeds to run (1)
  --seconds S          how long faults come, for each seed (300)
  --layer NAME         memory, ipc or redis; the seed decides without it
  --ordering NAME      strict or slight
  --sandbox NAME       chroot or docker
  --sessions N         participants
  --faults NAME,...    only these; the seed decides without it
  --list               print the faults
  --report FILE        write a table in Markdown
)";

struct Options {
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 1;
  Choices choices;
  std::string report;
};

std::vector<FaultKind> parse_faults(const std::string& names) {
  std::vector<FaultKind> kinds;
  std::istringstream words(names);
  for (std::string name; std::getline(words, name, ',');) kinds.push_back(fault_kind(name));
  return kinds;
}

void list_faults() {
  for (const FaultDefinition& definition : fault_definitions()) {
    std::cout << std::left << std::setw(20) << definition.name << definition.text << '\n';
  }
}

std::uint64_t to_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("--seeds: expected N or N..M, got \"" + text + "\"");
  }
  return seed;
}

/// Throws std::runtime_error for words that it does not know.
Options parse_options(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto value = [&] {
      if (i + 1 == words.size()) throw std::runtime_error(word + " needs a value");
      return words[++i];
    };
    if (word == "--seeds") {
      const std::string seeds = value();
      const std::size_t dots = seeds.find("..");
      options.first_seed = to_seed(seeds.substr(0, dots));
      options.last_seed = dots == std::string::npos ? options.first_seed : to_seed(seeds.substr(dots + 2));
    } else if (word == "--seconds") {
      options.choices.duration = std::chrono::seconds(std::stoi(value()));
    } else if (word == "--layer") {
      options.choices.layer = value();
    } else if (word == "--ordering") {
      options.choices.ordering = value();
    } else if (word == "--sandbox") {
      options.choices.sandbox = value();
    } else if (word == "--sessions") {
      options.choices.sessions = std::stoi(value());
    } else if (word == "--faults") {
      options.choices.faults = parse_faults(value());
    } else if (word == "--report") {
      options.report = value();
    } else {
      throw std::runtime_error("unknown option \"" + word + "\"\n" + usage);
    }
  }
  return options;
}

class Run {
 public:
  explicit Run(const SetUp& set_up) : m_set_up(set_up) {}

  Verdict verdict;
  int injected = 0;
  Milliseconds longest_stall{0};

  void execute() {
    m_server.start();
    for (std::size_t i = 0; i < m_server.access_codes().size(); ++i) {
      // The set-up, the driver and the network use the streams 0 to 2.
      m_participants.push_back(
          std::make_unique<Participant>(m_server, m_server.access_codes()[i], m_set_up.seed, 3 + i));
    }
    if (!wait_for_progress(begin_limit))
      throw std::runtime_error("not every participant could begin:\n" + who_stands());
    FaultDriver driver(m_set_up, m_server, m_fault_log, m_participants);
    driver.run(Clock::now() + m_set_up.duration);
    injected = driver.injected();
    for (const std::string& finding : driver.findings()) verdict.add(verdict.stuck_participants, 1, finding);
    if (!wait_for_progress(continue_limit)) {
      verdict.add(verdict.stuck_participants, 1,
                  "not every participant continued within 10 s of the last fault:\n" + who_stands());
    }
    for (const auto& participant : m_participants) {
      if (participant->finish(finish_limit)) continue;
      verdict.add(verdict.stuck_participants, 1, "not all input was acknowledged: " + participant->describe());
    }
    if (!m_server.stop(end_limit))
      verdict.add(verdict.stuck_participants, 1, "the server did not end in an orderly way");
    const testing::StudyDatabase database = m_server.database();
    for (const auto& participant : m_participants) {
      check_record(database, participant->receipts(), m_fault_log, verdict);
      longest_stall = std::max(longest_stall, participant->receipts().longest_stall);
    }
    for (const std::string& left : m_server.leftovers()) verdict.findings.push_back("left over: " + left);
  }

  /// Prints what happened in a run that failed.
  std::string story() const {
    std::string text;
    for (const FaultLog::Entry& entry : m_fault_log.entries()) {
      const auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(entry.at.time_since_epoch());
      text += to_iso_8601(WallTime(at), 3) + " " + entry.text + "\n";
    }
    return text + m_server.log();
  }

 private:
  /// Waits until each participant has seen a record that they typed after this call.
  bool wait_for_progress(Milliseconds limit) {
    std::vector<int> typed;
    for (const auto& participant : m_participants) typed.push_back(participant->last_typed());
    const auto deadline = Clock::now() + limit;
    for (;;) {
      bool is_done = true;
      for (std::size_t i = 0; i < typed.size(); ++i) is_done &= m_participants[i]->last_shown() > typed[i];
      if (is_done || Clock::now() > deadline) return is_done;
      std::this_thread::sleep_for(20ms);
    }
  }

  std::string who_stands() const {
    std::string text;
    for (const auto& participant : m_participants) text += "  " + participant->describe() + "\n";
    return text;
  }

  const SetUp m_set_up;
  FaultLog m_fault_log;
  TestedServer m_server{m_set_up};
  std::vector<std::unique_ptr<Participant>> m_participants;
};

std::string head_of_table() {
  return "| seed | set-up | faults | acknowledged bytes | records shown | lost | wrong | doubled | reordered | missing "
         "| "
         "unnamed gaps | untrue gaps | shells replaced | stuck | left over | longest stall (s) |\n"
         "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
}

std::string row_of_table(const SetUp& set_up, const Run& run) {
  const Verdict& sum = run.verdict;
  const auto leftovers = std::count_if(sum.findings.begin(), sum.findings.end(),
                                       [](const std::string& finding) { return finding.starts_with("left over"); });
  std::ostringstream row;
  row << "| " << set_up.seed << " | " << set_up.layer << ", " << set_up.ordering << ", " << set_up.sandbox << ", "
      << set_up.sessions << " sessions | " << run.injected;
  for (const std::uint64_t number : {sum.acknowledged_bytes, sum.shown_records, sum.lost_bytes, sum.wrong_bytes,
                                     sum.doubled_records, sum.reordered_records, sum.missing_records, sum.unnamed_gaps,
                                     sum.untrue_gaps, sum.replaced_shells, sum.stuck_participants}) {
    row << " | " << number;
  }
  row << " | " << leftovers << " | " << std::fixed << std::setprecision(1)
      << std::chrono::duration<double>(run.longest_stall).count() << " |\n";
  return row.str();
}

/// Returns false if the run failed.
bool run_seed(const SetUp& set_up, std::string& table) {
  std::cout << set_up.describe() << std::endl;
  Run run(set_up);
  std::string failure;
  try {
    run.execute();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const std::string row = row_of_table(set_up, run);
  table += row;
  std::cout << row;
  if (failure.empty() && run.verdict.is_good()) return true;
  std::cout << run.story() << "\n";
  if (!failure.empty()) std::cout << "FAILED: " << failure << '\n';
  for (const std::string& finding : run.verdict.findings) std::cout << "FAILED: " << finding << '\n';
  return false;
}

int run_all(const std::vector<std::string>& words) {
  if (words == std::vector<std::string>{"--list"}) {
    list_faults();
    return 0;
  }
  const Options options = parse_options(words);
  std::string table = head_of_table();
  std::vector<std::uint64_t> failed;
  for (std::uint64_t seed = options.first_seed; seed <= options.last_seed; ++seed) {
    if (!run_seed(draw_set_up(seed, options.choices), table)) failed.push_back(seed);
    if (!options.report.empty()) std::ofstream(options.report) << table;
  }
  for (const std::uint64_t seed : failed) {
    std::cout << "seed " << seed << " failed; repeat it with: build/bin/test_faults --seeds " << seed;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "--seeds" || words[i] == "--report")
        ++i;
      else
        std::cout << ' ' << words[i];
    }
    std::cout << '\n';
  }
  return failed.empty() ? 0 : 1;
}

}  // namespace
}  // namespace tellina::faults

int main(int count, char** words) {
  try {
    return tellina::faults::run_all({words + 1, words + count});
  } catch (const std::exception& error) {
    std::cerr << "test_faults: " << error.what() << '\n';
    return 2;
  }
}
