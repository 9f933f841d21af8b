/// Attacks real servers, row by row, while another participant works. Prints a line per attack.

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <sys/resource.h>

#include "host/limits.hpp"
#include "hostile/attacks.hpp"
#include "hostile/victim.hpp"
#include "hostile/watch.hpp"

namespace tellina::hostile {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::Milliseconds;
using testing::TestClient;

/// The shortest time for which an attack is measured, because a percentile of a few keys is meaningless.
constexpr Milliseconds least_time = 3s;
constexpr Milliseconds least_time_of_short_form = 1s;
/// The duration of a client's attack in the short run.
constexpr Milliseconds short_attack = 2s;
/// Limits of the effect on other participants (docs/security.md).
constexpr double most_p99_in_milliseconds = 100;
constexpr Milliseconds most_start_time = 1s;
/// The short form runs beside other programs, on machines of any speed. There, these limits are so many times as long:
/// it notices a standstill, and the long form measures.
constexpr int slack_of_short_form = 20;
constexpr Milliseconds reset_limit = 5s;
/// A sandbox that was made ahead stays for a while after its page has left.
constexpr Milliseconds leave_limit = limits::kept_sandbox + 5s;
/// How much of a script's output is searched, at either end of it.
constexpr std::size_t shown_output = 4000;
constexpr std::size_t shown_log = 2000;

constexpr const char* usage =
    R"(usage: test_hostile [OPTION]...
  --short            only the rows of the short form
  --place LETTERS    C (chroot, as root), U (chroot, as an ordinary user), D (docker); CUD without it
  --layer NAME       memory (the default), ipc or redis
  --only TEXT        only rows whose name contains this
  --clients          only rows of clients
  --unconfined       the rows that notice it without a sandbox; succeeds if each does
  --report FILE      write a table in Markdown
)";

struct Options {
  bool is_short = false;
  bool has_only_clients = false;
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
    else if (words[i] == "--clients")
      options.has_only_clients = true;
    else if (words[i] == "--unconfined")
      options.places = static_cast<char>(Place::unconfined);
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
  if (options.places.find_first_not_of("CUDP") != std::string::npos) {
    throw std::runtime_error("--place: expected letters of CUD, got \"" + options.places + '"');
  }
  return options;
}

bool is_wanted(const Attack& attack, Place place, const Options& options) {
  const bool is_unconfined = place == Place::unconfined;
  return (!options.is_short || attack.is_short) && (!options.has_only_clients || attack.client != nullptr) &&
         (is_unconfined ? !attack.unconfined.empty()
                        : attack.places.find(static_cast<char>(place)) != std::string_view::npos) &&
         attack.name.find(options.only) != std::string_view::npos;
}

/// The measured effects of one attack.
struct Outcome {
  std::set<std::string> failures;
  std::string remark;
  Figures victim;
  Milliseconds start{0};  ///< how long a new participant waited for a shell
  std::size_t processes = 0;
  double server_cores = 0;
  std::uint64_t growth = 0;
};

double in_milliseconds(Milliseconds time) { return static_cast<double>(time.count()); }

std::string replace(std::string text, std::string_view name, const std::string& value) {
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
    text.replace(at, name.size(), value);
  }
  return text;
}

/// One server under attack.
class Range {
 public:
  Range(Place place, const Options& options)
      : m_set_up(place, options.layer),
        m_is_short(options.is_short),
        m_victim(m_set_up.port(), "victim-" + m_set_up.secret()) {
    m_set_up.note_victim();
    m_attacker.emplace(join("attacker"));
    m_attacker->start_task(1);
    m_attacker->expect_prompt();
  }

  Outcome run(const Attack& attack) {
    Outcome outcome;
    const int disconnections = m_victim.disconnections();
    const auto begin = Clock::now();
    const std::size_t from = m_attacker->output().size();
    Watch watch(m_set_up);
    m_victim.begin();
    std::thread newcomer([&] {
      std::this_thread::sleep_for(std::min<Milliseconds>(attack.lasts / 4, 1s));
      outcome.start = measure_start();
    });
    try {
      outcome.remark = attack.client ? run_client(attack) : run_script(attack);
    } catch (const std::exception& error) {
      outcome.failures.insert(error.what());
    }
    newcomer.join();
    std::this_thread::sleep_until(begin + (m_is_short ? least_time_of_short_form : least_time));
    outcome.victim = m_victim.figures();
    outcome.failures.merge(watch.end());
    outcome.processes = watch.most_processes();
    outcome.server_cores = watch.server_cores();
    outcome.growth = watch.growth();
    const int slack = m_is_short ? slack_of_short_form : 1;
    if (outcome.victim.p99 > slack * most_p99_in_milliseconds)
      outcome.failures.insert("the victim's keys waited too long");
    if (outcome.start > slack * most_start_time)
      outcome.failures.insert("a new participant waited too long for a shell");
    if (m_victim.disconnections() != disconnections) outcome.failures.insert("the victim was disconnected");
    if (m_attacker->output().find(m_set_up.secret(), from) != std::string::npos) {
      outcome.failures.insert("it read a secret");
    }
    recover(outcome);
    return outcome;
  }

  /// What happened to the victim during all attacks. Afterwards the victim types nothing more.
  std::set<std::string> judge_victim() {
    std::set<std::string> failures;
    const std::string shell = m_victim.end_and_name_shell();
    if (shell != m_victim.shell()) {
      failures.insert("the victim has lost the shell " + m_victim.shell() + " and has " + shell);
    }
    if (!m_victim.is_recorded(m_set_up.database_file())) failures.insert("the record of the victim differs");
    // The two are the shells of the victim and the attacker.
    const auto others_are_gone = [this] { return m_set_up.sandbox_processes() <= 2; };
    if (m_set_up.place() != Place::unconfined && !becomes_true(others_are_gone, leave_limit)) {
      failures.insert("sandboxes are left after the attacks");
    }
    return failures;
  }
  testing::ServerProcess& server() { return m_set_up.server(); }

 private:
  TestClient join(const std::string& code) {
    TestClient client = TestClient::of(m_set_up.port(), code);
    client.connect();
    return client;
  }

  /// The time from start_task to a prompt for a new participant.
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
    std::string script = replace(std::string(attack.script), "@PORT@", std::to_string(m_set_up.forbidden_port()));
    script = replace(replace(script, "@NAME@", m_set_up.forbidden_name()), "@FOLDER@", m_set_up.folder());
    const std::size_t from = m_attacker->output().size();
    m_attacker->type(script + "\r");
    const auto has_prompt = [&] {
      const std::size_t end = m_attacker->output().find("\x1b]133;D", from);
      return end != std::string::npos && m_attacker->output().find("\x1b]133;B", end) != std::string::npos;
    };
    if (!m_attacker->wait_until(has_prompt, attack.lasts)) m_attacker->type("\x03");
    if (attack.ran.empty()) return {};
    // Only the output after the echo of the command line.
    const std::string& output = m_attacker->output();
    const std::size_t begin = output.find("\x1b]133;C", from);
    const std::string printed = begin == std::string::npos ? std::string() : output.substr(output.find('\a', begin));
    if (!std::regex_search(printed.substr(0, shown_output), std::regex(std::string(attack.ran))) &&
        !std::regex_search(printed.substr(printed.size() - std::min(printed.size(), shown_output)),
                           std::regex(std::string(attack.ran)))) {
      const std::string shown = printed.substr(0, 300);
      throw std::runtime_error("the attack did not run: it printed " +
                               boost::json::serialize(boost::json::string(shown)));
    }
    return {};
  }

  std::string run_client(const Attack& attack) {
    ClientAttack context{m_set_up, *m_attacker, m_is_short ? std::min(attack.lasts, short_attack) : attack.lasts};
    return attack.client(context);
  }

  /// Checks that the attacker can reset the task, and that nothing of the attack is left afterwards.
  void recover(Outcome& outcome) {
    try {
      // Closes the connection, with what the attack of a client has left unread and unanswered.
      m_attacker->cut();
      m_attacker->reconnect(30s);
      const std::string id = std::to_string(++m_resets);
      const auto begin = Clock::now();
      m_attacker->send_json(R"({"type":"reset","id":)" + id + "}");
      m_attacker->wait_for_answer("done", id, 60s);
      if (Clock::now() - begin > reset_limit) outcome.failures.insert("a reset took more than 5 s");
      m_attacker->expect(
          "\x1b"
          "c",
          20s);
      m_attacker->expect_prompt(20s);
    } catch (const std::exception& error) {
      const std::string reason = error.what();
      outcome.failures.insert("no reset afterwards: " + reason.substr(0, 300));
      m_attacker->reconnect(30s);
    }
    if (m_set_up.place() == Place::unconfined) return;
    const auto has_shells_only = [this] {
      const std::vector<SandboxView> sandboxes = m_set_up.sandboxes();
      return std::all_of(sandboxes.begin(), sandboxes.end(),
                         [](const SandboxView& sandbox) { return sandbox.processes.size() <= 1; });
    };
    if (!becomes_true(has_shells_only, reset_limit)) outcome.failures.insert("processes are left after a reset");
  }

  template <typename Condition>
  static bool becomes_true(Condition condition, Milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    while (!condition()) {
      if (Clock::now() > deadline) return false;
      std::this_thread::sleep_for(50ms);
    }
    return true;
  }

  SetUp m_set_up;
  const bool m_is_short;
  Victim m_victim;
  std::optional<TestClient> m_attacker;
  int m_newcomers = 0;
  int m_resets = 1000000;
};

/// The outcomes of one set-up, by the attack's name.
struct Results {
  Place place;
  std::map<std::string_view, Outcome> outcomes;
};

bool is_open(const Attack& attack, Place place) {
  return attack.open_places.find(static_cast<char>(place)) != std::string_view::npos;
}

std::string join(const std::set<std::string>& sentences) {
  std::string all;
  for (const std::string& sentence : sentences) all += (all.empty() ? "" : "; ") + sentence;
  return all;
}

std::string figures_of(const Outcome& outcome) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << outcome.victim.median << " / " << outcome.victim.p99 << " / "
       << outcome.victim.longest << ", " << std::setprecision(0) << in_milliseconds(outcome.start);
  return text.str();
}

std::string cell_of(const Outcome& outcome) {
  return outcome.failures.empty() ? figures_of(outcome) : "**" + join(outcome.failures) + "** " + figures_of(outcome);
}

/// Whether the outcome is what docs/security.md promises.
bool is_as_promised(const Attack& attack, Place place, const Outcome& outcome) {
  if (place == Place::unconfined) return outcome.failures.contains(std::string(attack.unconfined));
  if (!is_open(attack, place)) return outcome.failures.empty();
  // On this machine the attack may be contained. Nothing else may go wrong.
  return outcome.failures.empty() || outcome.failures == std::set<std::string>{std::string(attack.open)};
}

/// Returns false if a row failed.
bool attack_place(Place place, const Options& options, Results& results) {
  std::cout << "\n"
            << static_cast<char>(place) << " over " << options.layer
            << ": keys of another participant to their echo (median / p99 / longest), start of a newcomer, in ms; the "
               "server's cores; growth of the record in KiB; processes\n"
            << std::flush;
  Range range(place, options);
  bool is_good = true;
  for (const Attack& attack : attacks()) {
    if (!is_wanted(attack, place, options)) continue;
    const Outcome outcome = range.run(attack);
    const bool is_promised = is_as_promised(attack, place, outcome);
    std::cout << (is_promised ? "  " : "FAILED: ") << attack.name << ": " << figures_of(outcome) << "; " << std::fixed
              << std::setprecision(2) << outcome.server_cores << "; " << outcome.growth / 1024 << "; "
              << outcome.processes << (outcome.remark.empty() ? "" : "; " + outcome.remark)
              << (outcome.failures.empty() ? "" : "; " + join(outcome.failures)) << '\n'
              << std::flush;
    is_good &= is_promised;
    results.outcomes.emplace(attack.name, outcome);
  }
  if (place != Place::unconfined) {
    for (const std::string& failure : range.judge_victim()) {
      std::cout << "FAILED: " << failure << '\n';
      is_good = false;
    }
  }
  if (!is_good) {
    const std::string log = range.server().errors();
    std::cout << "the end of the server's log:\n" << log.substr(log.size() - std::min(log.size(), shown_log));
  }
  return is_good;
}

void write_report(const std::string& file, const std::vector<Results>& all) {
  std::ofstream report(file);
  Topic topic = Topic::local_users;
  for (const Attack& attack : attacks()) {
    std::string cells;
    bool was_tried = false;
    for (const Results& results : all) {
      const auto its = results.outcomes.find(attack.name);
      was_tried |= its != results.outcomes.end();
      cells += its == results.outcomes.end() ? " – |" : " " + cell_of(its->second) + " |";
    }
    if (!was_tried) continue;
    if (topic != attack.topic) {
      topic = attack.topic;
      report << "\n**" << title_of(topic) << "**\n\n| attack |";
      for (const Results& results : all) report << ' ' << static_cast<char>(results.place) << " |";
      report << "\n| --- |";
      for (std::size_t i = 0; i < all.size(); ++i) report << " --- |";
      report << '\n';
    }
    report << "| " << attack.name << " |" << cells << '\n';
  }
}

int run_all(const std::vector<std::string>& words) {
  const Options options = parse_options(words);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<Results> all;
  bool is_good = true;
  for (const char letter : options.places) {
    all.push_back(Results{static_cast<Place>(letter), {}});
    is_good &= attack_place(static_cast<Place>(letter), options, all.back());
    if (all.back().outcomes.empty()) throw std::runtime_error("no attack was chosen");
  }
  if (!options.report.empty()) write_report(options.report, all);
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
