/// Attacks real servers, row by row, while another participant works. Prints a line per attack.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/limits.hpp"
#include "hostile/attacks.hpp"
#include "hostile/keeper.hpp"
#include "hostile/report.hpp"
#include "hostile/victim.hpp"
#include "hostile/watch.hpp"
#include "support/docker_engine.hpp"

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
  --budgets          only rows that attack a budget
  --unconfined       the rows that notice it without a sandbox; succeeds if each does
  --all              all rows on C, U and D; the rows that attack a budget on C over ipc and redis; --unconfined
  --report FILE      write the tables into this file, between its marks
  --scripts          attack nothing; print the scripts as lines of JSON: topic, name, milliseconds, script
)";

struct Options {
  bool is_short = false;
  bool has_only_budgets = false;
  bool has_all = false;
  bool prints_scripts = false;
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
    else if (words[i] == "--budgets")
      options.has_only_budgets = true;
    else if (words[i] == "--all")
      options.has_all = true;
    else if (words[i] == "--unconfined")
      options.places = static_cast<char>(Place::unconfined);
    else if (words[i] == "--scripts")
      options.prints_scripts = true;
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
  return (!options.is_short || attack.is_short) && (!options.has_only_budgets || spends_a_budget(attack)) &&
         (is_unconfined ? !attack.unconfined.empty()
                        : attack.places.find(static_cast<char>(place)) != std::string_view::npos) &&
         attack.name.find(options.only) != std::string_view::npos;
}

std::string replace(std::string text, std::string_view name, const std::string& value) {
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
    text.replace(at, name.size(), value);
  }
  return text;
}

/// One server under attack.
class AttackedServer {
 public:
  AttackedServer(Place place, const Options& options)
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
    if (outcome.victim.p99 > slack * most_p99_in_milliseconds) outcome.failures.insert("another's keys waited");
    if (outcome.start > slack * most_start_time) outcome.failures.insert("another waited for a shell");
    if (const std::string failure = m_victim.failure(); !failure.empty()) throw std::runtime_error(failure);
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
      // A page keeps to the window. More unacknowledged input than that would only delay the attacker's own reset.
      if (m_attacker->input_end() - m_attacker->acknowledged_input() > limits::input_window) {
        m_attacker = TestClient(m_set_up.port(), m_attacker->cookie());
      }
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
      outcome.failures.insert("no reset afterwards: " + reason.substr(0, reason.find('\n')));
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

bool is_open(const Attack& attack, Place place) {
  return attack.open_places.find(static_cast<char>(place)) != std::string_view::npos;
}

/// Whether the outcome is what docs/security.md promises.
bool is_as_promised(const Attack& attack, Place place, const Outcome& outcome) {
  if (place == Place::unconfined) return outcome.failures.contains(std::string(attack.unconfined));
  if (!is_open(attack, place)) return outcome.failures.empty();
  // On this machine the attack may be contained. Nothing else may go wrong.
  return outcome.failures.empty() || outcome.failures == std::set<std::string>{std::string(attack.open)};
}

std::string title_of(Place place, const Options& options) {
  return static_cast<char>(place) + (options.layer == "memory" ? "" : ", " + options.layer);
}

void print(const Attack& attack, const Outcome& outcome, bool is_promised) {
  std::cout << (is_promised ? "  " : "FAILED: ") << attack.name << ": " << figures_of(outcome) << "; " << std::fixed
            << std::setprecision(2) << outcome.server_cores << "; " << outcome.growth / 1024 << "; "
            << outcome.processes << (outcome.remark.empty() ? "" : "; " + outcome.remark)
            << (outcome.failures.empty() ? "" : "; " + join(outcome.failures)) << '\n'
            << std::flush;
}

/// Runs the attack on `server`, which it replaces if the attack cannot be judged.
Outcome run_on(std::optional<AttackedServer>& server, const Attack& attack, Place place, const Options& options) {
  try {
    if (!server) server.emplace(place, options);
    return server->run(attack);
  } catch (const std::exception& error) {
    Outcome outcome;
    outcome.failures.insert(error.what());
    server.reset();
    return outcome;
  }
}

std::set<std::string> judge_victim(std::optional<AttackedServer>& server) {
  if (!server) return {};
  try {
    return server->judge_victim();
  } catch (const std::exception& error) {
    return {error.what()};
  }
}

/// Returns false if a row failed.
bool attack_place(Place place, const Options& options, Results& results) {
  std::cout << "\n"
            << static_cast<char>(place) << " over " << options.layer
            << ": keys of another participant to their echo (median / p99 / longest), start of a newcomer, in ms; the "
               "server's cores; growth of the record in KiB; processes\n"
            << std::flush;
  std::optional<AttackedServer> server;
  bool is_good = true;
  for (const Attack& attack : attacks()) {
    if (!is_wanted(attack, place, options)) continue;
    const Outcome outcome = run_on(server, attack, place, options);
    const bool is_promised = is_as_promised(attack, place, outcome);
    print(attack, outcome, is_promised);
    is_good &= is_promised;
    results.outcomes.emplace(attack.name, outcome);
  }
  if (place != Place::unconfined) {
    for (const std::string& failure : judge_victim(server)) {
      std::cout << "FAILED: " << failure << '\n';
      is_good = false;
    }
  }
  if (!is_good && server) {
    const std::string log = server->server().errors();
    std::cout << "the end of the server's log:\n" << log.substr(log.size() - std::min(log.size(), shown_log));
  }
  return is_good;
}

/// The set-ups of these options, each with its options.
std::vector<Options> runs_of(const Options& options) {
  std::vector<Options> runs;
  const auto add = [&](char place, const std::string& layer, bool has_only_budgets) {
    runs.push_back(options);
    runs.back().places = place;
    runs.back().layer = layer;
    runs.back().has_only_budgets = has_only_budgets;
  };
  for (const char place : options.places) add(place, options.layer, options.has_only_budgets);
  if (!options.has_all) return runs;
  for (const char* layer : {"ipc", "redis"}) add(static_cast<char>(Place::chroot_as_root), layer, true);
  add(static_cast<char>(Place::unconfined), "memory", false);
  return runs;
}

int run_all(const Options& options) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::signal(SIGPIPE, SIG_IGN);
  const std::string machine = describe_machine();
  std::vector<Results> all;
  bool is_good = true;
  for (const Options& run : runs_of(options)) {
    const Place place = static_cast<Place>(run.places.front());
    Results results;
    results.title = title_of(place, run);
    is_good &= attack_place(place, run, results);
    if (results.outcomes.empty()) throw std::runtime_error("no attack was chosen");
    if (place != Place::unconfined) all.push_back(std::move(results));
  }
  if (!options.report.empty()) write_report(options.report, tables_of(all, machine));
  return is_good ? 0 : 1;
}

int run_or_explain(const Options& options) {
  try {
    return run_all(options);
  } catch (const std::exception& error) {
    std::cerr << "test_hostile: " << error.what() << '\n';
    return 2;
  }
}

/// For programs that attack a server on another machine.
void print_scripts() {
  for (const Attack& attack : attacks()) {
    if (attack.script.empty()) continue;
    const boost::json::array row{title_of(attack.topic), attack.name, attack.lasts.count(), attack.script};
    std::cout << boost::json::serialize(row) << '\n';
  }
}

/// Runs the attacks in a folder, and removes what is left of them, however they end.
int run_kept(const Options& options) {
  const TemporaryFolder folder("h");
  // An ordinary user also runs a server in it.
  ::chmod(folder.path().c_str(), S_IRWXU | S_IXGRP | S_IXOTH);
  const auto body = [&] {
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    return run_or_explain(options);
  };
  const auto remove_rest = [] {
    SmallMachine::remove_abandoned();
    test::DockerEngine::remove_leftovers();
  };
  return keep([&] { return keep(body, remove_rest); }, remove_rest);
}

}  // namespace
}  // namespace tellina::hostile

int main(int count, char** words) {
  try {
    const tellina::hostile::Options options = tellina::hostile::parse_options({words + 1, words + count});
    if (options.prints_scripts) {
      tellina::hostile::print_scripts();
      return 0;
    }
    return tellina::hostile::run_kept(options);
  } catch (const std::exception& error) {
    std::cerr << "test_hostile: " << error.what() << '\n';
    return 2;
  }
}
