/// Attacks real servers, row by row, while another participant works; prints a table.

#include <csignal>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <sys/resource.h>

#include "hostile/attacks.hpp"
#include "hostile/victim.hpp"

namespace tellina::hostile {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::Milliseconds;
using testing::TestClient;

/// The shortest time for which an attack is measured: a percentile of a few keys says nothing.
constexpr Milliseconds least_time = 3s;
/// Bounds for others while someone attacks (docs/security.md).
constexpr double most_p99_in_milliseconds = 100;
constexpr Milliseconds most_start_time = 1s;
constexpr Milliseconds reset_limit = 5s;
constexpr Milliseconds leave_limit = 5s;

constexpr const char* usage =
    R"(usage: test_hostile [OPTION]...
  --short            only the rows of the short form
  --place LETTERS    C (chroot, as root), U (chroot, as an ordinary user), D (docker); all without it
  --layer NAME       memory (the default), ipc or redis
  --only TEXT        only rows whose name contains this
  --report FILE      write the table in Markdown
)";

struct Options {
  bool is_short = false;
  std::string places = "CUD";
  std::string layer = "memory";
  std::string only;
  std::string report;
};

Options parse_options(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = [&] {
      if (i + 1 == words.size()) throw std::runtime_error(words[i] + " needs a value");
      return words[++i];
    };
    if (words[i] == "--short")
      options.is_short = true;
    else if (words[i] == "--place")
      options.places = value();
    else if (words[i] == "--layer")
      options.layer = value();
    else if (words[i] == "--only")
      options.only = value();
    else if (words[i] == "--report")
      options.report = value();
    else
      throw std::runtime_error("unknown option \"" + words[i] + "\"\n" + usage);
  }
  return options;
}

/// What one attack did.
struct Outcome {
  std::vector<std::string> failures;
  std::string remark;
  Figures victim;
  Milliseconds start{0};  ///< how long a newcomer waited for a shell
};

double in_milliseconds(Milliseconds time) { return static_cast<double>(time.count()); }

/// One server under attack.
class Range {
 public:
  explicit Range(Place place, const std::string& layer)
      : m_set_up(place, layer), m_victim(m_set_up.port(), "victim"), m_attacker(join("attacker")) {
    m_attacker.start_task(1);
    m_attacker.expect_prompt();
  }

  Outcome run(const Attack& attack) {
    Outcome outcome;
    const int disconnections = m_victim.disconnections();
    const auto begin = Clock::now();
    m_victim.begin();
    std::thread newcomer([&] {
      std::this_thread::sleep_for(attack.lasts / 4);
      outcome.start = measure_start();
    });
    try {
      outcome.remark = attack.client ? run_client(attack) : run_script(attack);
    } catch (const std::exception& error) {
      outcome.failures.emplace_back(error.what());
    }
    newcomer.join();
    std::this_thread::sleep_until(begin + least_time);
    outcome.victim = m_victim.figures();
    if (outcome.victim.p99 > most_p99_in_milliseconds) outcome.failures.emplace_back("another's keys waited");
    if (outcome.start > most_start_time) outcome.failures.emplace_back("another waited for a shell");
    if (m_victim.disconnections() != disconnections) outcome.failures.emplace_back("another was disconnected");
    recover(outcome);
    return outcome;
  }

  /// Whether the victim still has the shell that it had.
  bool victim_kept_shell() { return m_victim.end_and_name_shell() == m_victim.shell(); }
  testing::ServerProcess& server() { return m_set_up.server(); }

 private:
  TestClient join(const std::string& code) {
    TestClient client = TestClient::of(m_set_up.port(), code);
    client.connect();
    return client;
  }

  /// From start_task to a prompt, of somebody who has not been here before.
  Milliseconds measure_start() {
    const auto begin = Clock::now();
    try {
      TestClient newcomer = join("newcomer" + std::to_string(++m_newcomers));
      newcomer.start_task(1, "", 30s);
      newcomer.expect_prompt(30s);
      const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
      newcomer.send_json(R"({"type":"give_up","id":1})");
      newcomer.wait_for("done", {}, 30s);
      return took;
    } catch (const std::exception&) {
      return 30s;
    }
  }

  std::string run_script(const Attack& attack) {
    const std::size_t from = m_attacker.output().size();
    m_attacker.type(std::string(attack.script) + "\r");
    const auto has_prompt = [&] {
      const std::size_t end = m_attacker.output().find("\x1b]133;D", from);
      return end != std::string::npos && m_attacker.output().find("\x1b]133;B", end) != std::string::npos;
    };
    if (!m_attacker.wait_until(has_prompt, attack.lasts)) m_attacker.type("\x03");
    if (attack.expected.empty()) return {};
    // Behind the echo of the command line.
    const std::string output = m_attacker.output();
    const std::size_t begin = output.find("\x1b]133;C", from);
    const std::string printed = begin == std::string::npos ? std::string() : output.substr(output.find('\a', begin));
    if (!std::regex_search(printed, std::regex(std::string(attack.expected)))) {
      const std::string shown = printed.substr(0, 300);
      throw std::runtime_error("it printed " + boost::json::serialize(boost::json::string(shown)));
    }
    return {};
  }

  std::string run_client(const Attack& attack) {
    ClientAttack context{m_set_up, m_attacker, attack.lasts};
    return attack.client(context);
  }

  /// The attacker can start over, and nothing of the attack is left then.
  void recover(Outcome& outcome) {
    try {
      if (!m_attacker.is_open()) m_attacker.come_back(30s);
      const std::string id = std::to_string(++m_resets);
      const auto begin = Clock::now();
      m_attacker.send_json(R"({"type":"reset","id":)" + id + "}");
      m_attacker.wait_for_answer("done", id, 60s);
      if (Clock::now() - begin > reset_limit) outcome.failures.emplace_back("a reset took more than 5 s");
      m_attacker.expect(
          "\x1b"
          "c",
          20s);
      m_attacker.expect_prompt(20s);
    } catch (const std::exception& error) {
      outcome.failures.push_back(std::string("no reset afterwards: ") + error.what());
      m_attacker.come_back(30s);
    }
    const auto deadline = Clock::now() + leave_limit;
    // The shells of victim and attacker.
    while (m_set_up.sandbox_processes() > 2 && Clock::now() < deadline) std::this_thread::sleep_for(50ms);
    if (m_set_up.sandbox_processes() > 2) outcome.failures.emplace_back("processes are left after a reset");
  }

  SetUp m_set_up;
  Victim m_victim;
  TestClient m_attacker;
  int m_newcomers = 0;
  int m_resets = 1000000;
};

std::string row_of(const Attack& attack, const Outcome& outcome) {
  std::ostringstream row;
  row << "| " << attack.name << " | "
      << (outcome.failures.empty() ? "contained" : "**" + outcome.failures.front() + "**")
      << (outcome.remark.empty() ? "" : "; " + outcome.remark) << " | " << std::fixed << std::setprecision(1)
      << outcome.victim.median << " / " << outcome.victim.p99 << " / " << outcome.victim.longest << " | "
      << std::setprecision(0) << in_milliseconds(outcome.start) << " |\n";
  return row.str();
}

/// Returns false if a row failed.
bool attack_place(Place place, const Options& options, std::string& table) {
  Range range(place, options.layer);
  const std::string title = "\n### " + std::string(1, static_cast<char>(place)) + " over `" + options.layer +
                            "`\n\n| attack | outcome | others' key to echo: median / p99 / longest (ms) | a "
                            "newcomer's start (ms) |\n| --- | --- | --- | --- |\n";
  table += title;
  std::cout << title << std::flush;
  bool is_good = true;
  for (const Attack& attack : attacks()) {
    if (options.is_short && !attack.is_short) continue;
    if (attack.places.find(static_cast<char>(place)) == std::string_view::npos) continue;
    if (attack.name.find(options.only) == std::string_view::npos) continue;
    const Outcome outcome = range.run(attack);
    const std::string row = row_of(attack, outcome);
    table += row;
    std::cout << row << std::flush;
    for (const std::string& failure : outcome.failures)
      std::cout << "FAILED: " << attack.name << ": " << failure << '\n';
    is_good &= outcome.failures.empty();
  }
  if (!range.victim_kept_shell()) {
    std::cout << "FAILED: the victim has lost the shell\n";
    is_good = false;
  }
  if (!is_good) std::cout << range.server().errors();
  return is_good;
}

int run_all(const std::vector<std::string>& words) {
  const Options options = parse_options(words);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::signal(SIGPIPE, SIG_IGN);
  std::string table;
  bool is_good = true;
  for (const char place : options.places) is_good &= attack_place(static_cast<Place>(place), options, table);
  if (!options.report.empty()) std::ofstream(options.report) << table;
  return is_good ? 0 : 1;
}

}  // namespace
}  // namespace tellina::hostile

int main(int count, char** words) {
  try {
    return tellina::hostile::run_all({words + 1, words + count});
  } catch (const std::exception& error) {
    std::cerr << "test_hostile: " << error.what() << '\n';
    return 2;
  }
}
