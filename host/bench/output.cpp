#include "host/bench/output.hpp"

#include <algorithm>
#include <cstring>

#include "host/bench/failure.hpp"
#include "host/bench/process_use.hpp"

namespace tellina::bench {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t bytes_per_line_in = 57;
constexpr std::size_t bytes_per_line_out = 78;  ///< 76 of base64, CR and LF
constexpr double mebibyte = 1024 * 1024;
constexpr seconds flood_limit{120};
constexpr milliseconds flood_before_interrupt{1000};  ///< long enough to fill all buffers
constexpr milliseconds reading_interval{4};

double in_seconds(Clock::duration time) { return duration<double>(time).count(); }

/// Compares a flood of equal lines with the expected bytes, by position only.
class FloodChecker {
 public:
  FloodChecker() {
    for (std::size_t i = 0; i < 4096; ++i) m_pattern.append(bytes_per_line_out - 2, 'A').append("\r\n");
  }

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t from = m_received % bytes_per_line_out;
      const std::string_view expected = std::string_view(m_pattern).substr(from, bytes.size());
      if (m_is_right && std::memcmp(expected.data(), bytes.data(), expected.size()) != 0) {
        m_is_right = false;
        m_wrong_at = m_received;
      }
      m_received += expected.size();
      bytes.remove_prefix(expected.size());
    }
  }

  std::uint64_t received() const { return m_received; }
  bool is_right() const { return m_is_right; }
  std::uint64_t wrong_at() const { return m_wrong_at; }

 private:
  std::string m_pattern;
  std::uint64_t m_received = 0;
  std::uint64_t m_wrong_at = 0;
  bool m_is_right = true;
};

/// Reads from the first session as slowly as a browser that draws: some bytes every few milliseconds.
class SlowReader {
 public:
  SlowReader(SessionGroup& group, double rate) : m_group(group), m_rate(rate), m_from(Clock::now()) {
    m_group.pause(0, true);
  }

  void read_some() {
    m_group.pump(Clock::now() + reading_interval);
    const TimePoint now = Clock::now();
    m_allowed += m_rate * in_seconds(now - m_from);
    m_allowed = std::min(m_allowed, m_rate / 10);
    m_from = now;
    const auto limit = static_cast<std::size_t>(m_allowed);
    if (limit == 0) return;
    m_group[0].receive(limit);
    m_allowed -= static_cast<double>(limit);
  }

  ~SlowReader() { m_group.pause(0, false); }

 private:
  SessionGroup& m_group;
  double m_rate;
  TimePoint m_from;
  double m_allowed = 0;
};

}  // namespace

Sample measure_flood(SessionGroup& group, std::size_t mebibytes, Progress& progress) {
  Sample sample("flood", group.target().name());
  group.restart_after_much_output(0);
  const auto lines = static_cast<std::uint64_t>(static_cast<double>(mebibytes) * mebibyte / bytes_per_line_out);
  const std::uint64_t expected = lines * bytes_per_line_out;
  Terminal& terminal = group[0];
  FloodChecker checker;
  const std::string end_mark = "bench-end";
  TimePoint last{};
  std::uint64_t beyond = 0;
  terminal.set_output([&](std::string_view bytes) {
    const std::size_t wanted = std::min<std::uint64_t>(bytes.size(), expected - checker.received());
    checker.take(bytes.substr(0, wanted));
    if (wanted > 0) last = Clock::now();
    beyond += bytes.size() - wanted;
    progress.set(checker.received() / static_cast<std::uint64_t>(mebibyte));
  });
  progress.begin(group.target().name() + ": flood, MiB", mebibytes);
  group.target().find_processes();
  const auto processor_before = group.target().processor_time();
  const auto own_before = own_processor_time();
  const TimePoint before = Clock::now();
  terminal.expect("bench-flood\r\n");
  group.type(
      0, "printf 'bench-%s\\n' flood; head -c " + std::to_string(lines * bytes_per_line_in) + " /dev/zero | base64\r");
  const bool is_complete = group.wait_until([&] { return checker.received() >= expected; }, flood_limit);
  const auto processor_after = group.target().processor_time();
  const auto own_after = own_processor_time();
  const TimePoint after = Clock::now();
  progress.end();
  const double took = in_seconds(last - terminal.found_at());
  sample.set("mib", static_cast<double>(checker.received()) / mebibyte);
  sample.set("mb_per_second", static_cast<double>(checker.received()) / 1e6 / took);
  if (processor_before) {
    sample.set("cpu_s_per_100_mb",
               in_seconds(*processor_after - *processor_before) / (static_cast<double>(checker.received()) / 1e8));
  }
  sample.set("client_cpu_share", in_seconds(own_after - own_before) / in_seconds(after - before));
  if (!is_complete) {
    sample.failures.push_back("of " + std::to_string(expected) + " bytes of output " +
                              std::to_string(expected - checker.received()) + " did not arrive within 120 s");
  }
  if (!checker.is_right()) {
    sample.failures.push_back("the output differs from the expected bytes somewhere after byte " +
                              std::to_string(checker.wrong_at()));
  }
  sample.has_broken = !sample.failures.empty();
  if (sample.has_broken) return sample;
  terminal.set_output({});
  group.run_everywhere("printf 'bench-%s' end", end_mark);
  return sample;
}

Sample measure_interrupt(const std::string& figure, SessionGroup& group, std::optional<double> reading_rate,
                         Progress& progress) {
  Sample sample(figure, group.target().name());
  group.restart_after_much_output(0);
  Terminal& terminal = group[0];
  std::uint64_t received = 0;
  terminal.set_output([&received](std::string_view bytes) { received += bytes.size(); });
  progress.begin(group.target().name() + ": " + figure, 1);
  terminal.expect("bench-yes\r\n");
  group.type(0, "printf 'bench-%s\\n' yes; yes\r");
  std::optional<SlowReader> reader;
  if (reading_rate) reader.emplace(group, *reading_rate);
  const auto pump_until = [&](const auto& condition, Nanoseconds limit) {
    const TimePoint deadline = Clock::now() + limit;
    while (!condition() && Clock::now() < deadline) {
      if (reader)
        reader->read_some();
      else
        group.pump(deadline);
    }
    return condition();
  };
  if (!pump_until([&] { return received > 0; }, flood_limit)) throw BenchFailure("`yes` printed nothing");
  pump_until([] { return false; }, flood_before_interrupt);
  received = 0;
  terminal.expect_prompt();
  const TimePoint pressed = Clock::now();
  group.type(0, "\x03");
  const bool is_silent = pump_until([&] { return !terminal.expects(); }, flood_limit);
  progress.end();
  if (!is_silent) {
    sample.failures.push_back("no prompt within 120 s after Ctrl-C");
    sample.has_broken = true;
    return sample;
  }
  sample.latency.record(terminal.found_at() - pressed);
  sample.set("silence_ms", duration<double, std::milli>(terminal.found_at() - pressed).count());
  reader.reset();
  terminal.set_output({});
  group.run_everywhere("printf 'bench-%s' end", "bench-end");
  return sample;
}

}  // namespace tellina::bench
