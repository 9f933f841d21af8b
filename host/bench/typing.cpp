#include "host/bench/typing.hpp"

#include <algorithm>
#include <deque>

#include "host/bench/failure.hpp"
#include "host/bench/key_sequence.hpp"
#include "host/bench/process_use.hpp"
#include "host/bench/scrape.hpp"

namespace tellina::bench {
namespace {

using std::chrono::duration;
using std::chrono::seconds;

constexpr seconds echo_limit{20};
constexpr auto counting_retry = std::chrono::milliseconds(600);
constexpr auto progress_interval = std::chrono::milliseconds(100);

double in_seconds(Clock::duration time) { return duration<double>(time).count(); }
double in_milliseconds(Clock::duration time) { return duration<double, std::milli>(time).count(); }

/// What one session has typed and received.
class Echo {
 public:
  KeyChecker checker;
  std::uint64_t sent = 0;
  std::deque<TimePoint> due;  ///< of the keys from `due_from` on
  std::uint64_t due_from = 0;
};

class TypingRun {
 public:
  TypingRun(SessionGroup& group, const TypingPlan& plan, Progress& progress)
      : m_group(group), m_plan(plan), m_progress(progress), m_echoes(group.size()) {}

  void run(Sample& sample) {
    begin_echo();
    const auto overtakings_before = count_overtakings();
    m_group.target().find_processes();
    const auto processor_before = m_group.target().processor_time();
    const auto own_before = own_processor_time();
    m_begin = m_progress_at = Clock::now();
    m_end = m_begin + std::chrono::duration_cast<Clock::duration>(m_plan.duration);
    m_progress.begin(m_group.target().name() + ": " + sample.figure,
                     static_cast<std::size_t>(m_plan.duration / progress_interval));
    if (m_plan.keys_per_second > 0)
      type_on_time();
    else
      type_on_echo();
    const TimePoint stopped = Clock::now();
    const bool is_complete = m_group.wait_until([this] { return m_received >= m_sent; }, echo_limit);
    const TimePoint last = std::max(m_last_echo, m_begin);
    const auto processor_after = m_group.target().processor_time();
    const auto own_after = own_processor_time();
    const TimePoint measured = Clock::now();
    const auto overtakings_after = count_overtakings();
    m_progress.end();

    sample.set("keys", static_cast<double>(m_sent));
    sample.set("keys_per_second", static_cast<double>(m_received) / in_seconds(std::max(last, m_end) - m_begin));
    for (const auto& [name, percent] :
         {std::pair("p50_ms", 50.0), {"p90_ms", 90.0}, {"p99_ms", 99.0}, {"p99_9_ms", 99.9}, {"max_ms", 100.0}}) {
      sample.set(name, in_milliseconds(m_latency.percentile(percent)));
    }
    if (m_plan.keys_per_second > 0) {
      sample.set("backlog_gone_ms", std::max(0.0, in_milliseconds(last - stopped)));
      sample.set("most_in_flight", static_cast<double>(m_most_in_flight));
    }
    const double thousands = static_cast<double>(m_sent) / 1000;
    if (processor_before && m_sent > 0) {
      sample.set("cpu_s_per_1000_keys", in_seconds(*processor_after - *processor_before) / thousands);
    }
    sample.set("client_cpu_share", in_seconds(own_after - own_before) / in_seconds(measured - m_begin));
    set_overtakings(sample, overtakings_before, overtakings_after);
    sample.latency = m_latency;
    judge(sample, is_complete);
    end_echo(sample);
  }

  void begin_echo() {
    m_group.run_everywhere("stty raw -echo isig intr ^] quit undef susp undef; printf 'bench-%s' echo; cat",
                           "bench-echo");
    for (std::size_t i = 0; i < m_group.size(); ++i) {
      m_group[i].set_output([this, i](std::string_view bytes) { take(i, bytes); });
      send(i, Clock::now());
    }
    // The echo of the first key shows that `cat` has started. The start is not part of the measurement.
    if (!m_group.wait_until([this] { return m_received >= m_sent; }, echo_limit)) {
      throw BenchFailure("a shell of the " + m_group.target().name() + " does not echo");
    }
    m_latency = Histogram();
    m_sent = m_received = m_most_in_flight = 0;
  }

  /// Types the key that ends `cat`, so that the shell has its terminal again.
  void end_echo(Sample& sample) {
    if (!m_group.end_everywhere(std::string_view(&end_key, 1))) {
      sample.failures.push_back("`cat` did not end within 20 s of its key");
      sample.has_broken = true;
      return;
    }
    m_group.run_everywhere("stty sane; printf 'bench-%s' sane", "bench-sane");
  }

  void paste(std::size_t bytes) {
    Echo& echo = m_echoes[0];
    std::string keys(bytes, '\0');
    for (char& key : keys) key = key_of(echo.sent++);
    m_sent = bytes;
    m_begin = Clock::now();
    m_checks_only = true;
    m_group.type(0, keys);
  }

  bool wait_for_all() {
    return m_group.wait_until([this] { return m_received >= m_sent; }, echo_limit * 3);
  }
  double seconds_to_last_echo() const { return in_seconds(m_last_echo - m_begin); }

  void judge(Sample& sample, bool is_complete) {
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t reordered = 0;
    for (const Echo& echo : m_echoes) {
      lost += echo.checker.lost(echo.sent);
      doubled += echo.checker.doubled();
      reordered += echo.checker.reordered();
    }
    sample.set("lost", static_cast<double>(lost));
    sample.set("doubled", static_cast<double>(doubled));
    sample.set("reordered", static_cast<double>(reordered));
    if (lost + doubled + reordered == 0 && is_complete) return;
    sample.failures.push_back("of " + std::to_string(m_sent) + " keys " + std::to_string(lost) + " were lost, " +
                              std::to_string(doubled) + " doubled and " + std::to_string(reordered) + " reordered" +
                              (is_complete ? "" : "; gave up waiting 20 s after the last key"));
  }

  std::optional<std::uint64_t> count_overtakings() {
    if (m_group.target().protocol() == Protocol::bare) return std::nullopt;
    if (const auto count = bench::count_overtakings(m_group.target().endpoint())) return count;
    // The gateway leaves out workers that do not answer in time.
    m_group.wait_until([] { return false; }, counting_retry);
    return bench::count_overtakings(m_group.target().endpoint());
  }

  static void set_overtakings(Sample& sample, std::optional<std::uint64_t> before, std::optional<std::uint64_t> after) {
    if (before && after) sample.set("overtakings", static_cast<double>(*after) - static_cast<double>(*before));
  }

 private:
  void send(std::size_t i, TimePoint due) {
    Echo& echo = m_echoes[i];
    const char key = key_of(echo.sent++);
    echo.due.push_back(due);
    ++m_sent;
    m_most_in_flight = std::max(m_most_in_flight, m_sent - std::min(m_sent, m_received));
    m_group.type(i, std::string_view(&key, 1));
  }

  /// Key k of session s is due after k + s / sessions intervals, so that keys are spread evenly.
  void type_on_time() {
    const double total_rate = m_plan.keys_per_second * static_cast<double>(m_group.size());
    const auto due_at = [&](std::uint64_t number) {
      return m_begin +
             std::chrono::duration_cast<Clock::duration>(duration<double>(static_cast<double>(number) / total_rate));
    };
    std::uint64_t number = 0;
    for (TimePoint due = m_begin; due < m_end; due = due_at(number)) {
      const TimePoint now = Clock::now();
      show_progress(now);
      if (due > now) {
        m_group.pump(due);
        continue;
      }
      send(number++ % m_group.size(), due);
      // Late keys are sent together. Between them, this still reads echoes.
      if (number % 64 == 0) m_group.pump(now);
    }
  }

  void type_on_echo() {
    m_types_on_echo = true;
    for (std::size_t i = 0; i < m_group.size(); ++i) send(i, Clock::now());
    while (Clock::now() < m_end) {
      m_group.pump(m_end);
      show_progress(Clock::now());
    }
    m_types_on_echo = false;
  }

  void take(std::size_t i, std::string_view bytes) {
    Echo& echo = m_echoes[i];
    m_last_echo = Clock::now();
    m_received += bytes.size();
    if (m_checks_only) return echo.checker.take_all(bytes);
    for (const char byte : bytes) {
      const std::uint64_t number = echo.checker.take(byte);
      if (number < echo.due_from || number - echo.due_from >= echo.due.size()) continue;
      m_latency.record(m_last_echo - echo.due[number - echo.due_from]);
      while (echo.due_from + keys_remembered < echo.checker.next()) {
        echo.due.pop_front();
        ++echo.due_from;
      }
    }
    if (m_types_on_echo && m_last_echo < m_end && echo.checker.received() >= echo.sent) send(i, m_last_echo);
  }

  void show_progress(TimePoint now) {
    if (now < m_progress_at) return;
    m_progress_at = now + progress_interval;
    m_progress.set(static_cast<std::size_t>((now - m_begin) / progress_interval));
  }

  /// How many keys' times are kept, for echoes that arrive late and out of order.
  static constexpr std::uint64_t keys_remembered = 128;

  SessionGroup& m_group;
  const TypingPlan& m_plan;
  Progress& m_progress;
  std::vector<Echo> m_echoes;
  Histogram m_latency;
  TimePoint m_begin{};
  TimePoint m_end{};
  TimePoint m_last_echo{};
  TimePoint m_progress_at{};
  std::uint64_t m_sent = 0;
  std::uint64_t m_received = 0;
  std::uint64_t m_most_in_flight = 0;
  bool m_types_on_echo = false;
  bool m_checks_only = false;
};

}  // namespace

Sample measure_typing(const std::string& figure, SessionGroup& group, const TypingPlan& plan, Progress& progress) {
  Sample sample(figure, group.target().name());
  TypingRun(group, plan, progress).run(sample);
  return sample;
}

Sample measure_paste(SessionGroup& group, std::size_t bytes, Progress& progress) {
  Sample sample("paste", group.target().name());
  const TypingPlan plan;
  TypingRun run(group, plan, progress);
  run.begin_echo();
  const auto overtakings_before = run.count_overtakings();
  run.paste(bytes);
  const bool is_complete = run.wait_for_all();
  sample.set("mebibytes", static_cast<double>(bytes) / (1024 * 1024));
  sample.set("seconds", run.seconds_to_last_echo());
  sample.set("mib_per_second", static_cast<double>(bytes) / (1024 * 1024) / run.seconds_to_last_echo());
  run.set_overtakings(sample, overtakings_before, run.count_overtakings());
  run.judge(sample, is_complete);
  run.end_echo(sample);
  return sample;
}

}  // namespace tellina::bench
