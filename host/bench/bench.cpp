#include "host/bench/bench.hpp"

#include <algorithm>
#include <csignal>
#include <functional>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "host/bench/failure.hpp"
#include "host/bench/output.hpp"
#include "host/bench/report.hpp"
#include "host/bench/start.hpp"
#include "host/bench/stop_signals.hpp"
#include "host/bench/typing.hpp"
#include "host/runtime/usage_error.hpp"

namespace tellina::bench {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t pasted_bytes = 1024 * 1024;
constexpr double slow_reader_rate = 2e6;  ///< bytes a second, like a browser that draws
/// The pause before each start of a shell, in which the pool fills again.
constexpr milliseconds pause_before_start{300};
/// How long the end of a server may follow the loss of a connection to it.
constexpr milliseconds death_wait{500};

/// The options of the other server.
BenchOptions changed(BenchOptions options) {
  const std::size_t equals = options.against.find('=');
  const std::string name = options.against.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : options.against.substr(equals + 1);
  const std::pair<const char*, std::string*> texts[] = {{"layer", &options.layer},
                                                        {"policy", &options.policy},
                                                        {"sandbox", &options.sandbox},
                                                        {"recording", &options.recording},
                                                        {"server", &options.server}};
  for (const auto& [known, text] : texts) {
    if (name != known || value.empty()) continue;
    *text = value;
    if (options.recording != "on" && options.recording != "off") break;
    return options;
  }
  throw UsageError(
      "--against: expected layer=, policy=, sandbox=, recording=on, recording=off or server= and a value, got \"" +
      options.against + "\"");
}

class Subject {
 public:
  explicit Subject(Target target_) : target(std::move(target_)) {}
  Target target;
  std::uint64_t memory_before = 0;
  std::unique_ptr<SessionGroup> group;
};

class Bench {
 public:
  Bench(const BenchOptions& options, std::ostream& out, std::ostream& err)
      : m_options(options), m_progress(err, ::isatty(STDERR_FILENO) == 1), m_report(options, out, err) {}

  bool run() {
    try {
      start();
      measure_starts();
      start_groups();
      for (std::size_t pair = 0; pair < m_options.pairs; ++pair) measure_pair(pair);
    } catch (const client::ClientFailure& failure) {
      m_progress.end();
      m_report.add_failure(m_figure, m_target, cause_of(failure));
    }
    return m_report.finish();
  }

 private:
  /// A lost connection may be the first sign of a dying server.
  std::string cause_of(const client::ClientFailure& failure) {
    const auto deadline = std::chrono::steady_clock::now() + death_wait;
    try {
      do {
        for (const auto& subject : m_subjects) subject->target.check_alive();
        std::this_thread::sleep_for(milliseconds(10));
      } while (std::chrono::steady_clock::now() < deadline);
    } catch (const BenchFailure& death) {
      return death.what();
    }
    return failure.what();
  }

  bool wants(const std::string& figure) const {
    return m_options.figures.empty() ||
           std::find(m_options.figures.begin(), m_options.figures.end(), figure) != m_options.figures.end();
  }

  void start() {
    m_figure = "the start";
    if (!m_options.floor.empty()) {
      m_target = "floor";
      m_subjects.push_back(std::make_unique<Subject>(Target::start_floor(m_options)));
    }
    if (!m_options.against.empty()) {
      m_target = "other";
      m_subjects.push_back(std::make_unique<Subject>(Target::start_server("other", changed(m_options))));
    }
    m_target = "server";
    m_subjects.push_back(std::make_unique<Subject>(m_options.url.empty() ? Target::start_server("server", m_options)
                                                                         : Target::running_server(m_options)));
  }

  void measure_starts() {
    if (!wants("prompt")) return;
    for (const auto& subject : m_subjects) {
      measure("prompt", 0, *subject,
              [&] { return measure_prompt(subject->target, m_options.starts, pause_before_start, m_progress); });
    }
  }

  void start_groups() {
    m_figure = "the start of " + std::to_string(m_options.sessions) + " sessions";
    for (const auto& subject : m_subjects) {
      m_target = subject->target.name();
      // What the server allocates once, with the first session, does not count as memory of a session.
      if (wants("memory")) SessionGroup(subject->target, 1, m_progress);
      subject->memory_before = subject->target.resident_bytes().value_or(0);
      subject->group = std::make_unique<SessionGroup>(subject->target, m_options.sessions, m_progress);
    }
    for (const auto& one : m_subjects) {
      for (const auto& other : m_subjects) {
        if (one != other) one->group->keep_alive(*other->group);
      }
    }
    if (!wants("memory") || !m_options.url.empty()) return;
    for (const auto& subject : m_subjects) {
      measure("memory", 0, *subject, [&] { return measure_memory(*subject->group, subject->memory_before); });
    }
  }

  void measure_pair(std::size_t pair) {
    const auto typing = [this](const std::string& figure, double rate) {
      return [this, figure, rate](SessionGroup& group) {
        TypingPlan plan;
        plan.duration = std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(m_options.seconds));
        plan.keys_per_second = rate;
        return measure_typing(figure, group, plan, m_progress);
      };
    };
    const std::vector<std::pair<std::string, std::function<Sample(SessionGroup&)>>> figures{
        {"closed", typing("closed", 0)},
        {"paced", typing("paced", m_options.rate)},
        {"mash", typing("mash", m_options.mash_rate)},
        {"paste", [this](SessionGroup& group) { return measure_paste(group, pasted_bytes, m_progress); }},
        {"flood", [this](SessionGroup& group) { return measure_flood(group, m_options.mebibytes, m_progress); }},
        {"interrupt", [this](SessionGroup& group) { return measure_interrupt("interrupt", group, {}, m_progress); }},
        {"interrupt_slow",
         [this](SessionGroup& group) {
           return measure_interrupt("interrupt_slow", group, slow_reader_rate, m_progress);
         }},
    };
    for (const auto& [figure, run] : figures) {
      if (!wants(figure)) continue;
      // The first measurement may affect the second, so the targets take turns.
      for (std::size_t i = 0; i < m_subjects.size(); ++i) {
        Subject& subject = *m_subjects[(i + pair) % m_subjects.size()];
        measure(figure, pair, subject, [&, run = run] { return run(*subject.group); });
      }
    }
  }

  void measure(const std::string& figure, std::size_t pair, Subject& subject, const std::function<Sample()>& run) {
    m_figure = figure;
    m_target = subject.target.name();
    Sample sample = run();
    sample.pair = pair;
    const bool has_broken = sample.has_broken;
    m_report.add(std::move(sample));
    if (has_broken) throw BenchFailure("cannot measure anything else with that shell");
  }

  const BenchOptions& m_options;
  Progress m_progress;
  Report m_report;
  std::vector<std::unique_ptr<Subject>> m_subjects;
  std::string m_figure;
  std::string m_target;
};

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void check(const BenchOptions& options) {
  if (!options.against.empty()) {
    changed(options);
    if (!options.floor.empty())
      throw UsageError("--against: expected no --floor with it; only one comparison at a time");
  }
  const bool is_ours = options.url.empty();
  if (!is_ours && !options.key.empty())
    throw UsageError("--key: expected no --url with it: a running server has its key");
  if (is_ours && options.certificate.empty() != options.key.empty()) {
    throw UsageError("--certificate: expected it together with --key, or with --url");
  }
  if (!options.url.empty() && options.access_codes.empty()) {
    throw UsageError("--url: expected an --access-code for each session with it, got none");
  }
  if (options.url.empty() && !options.access_codes.empty()) {
    throw UsageError("--access-code: expected --url with it; a server that the benchmark starts creates its own codes");
  }
  if (!options.url.empty() && options.sessions > options.access_codes.size()) {
    throw UsageError("--sessions: expected at most one session for each --access-code, got " +
                     std::to_string(options.sessions) + " and " + std::to_string(options.access_codes.size()));
  }
}

}  // namespace

int run_bench(const BenchOptions& options, std::ostream& out, std::ostream& err) {
  check(options);
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const StopSignals signals;
  return Bench(options, out, err).run() ? 0 : 1;
}

}  // namespace tellina::bench
