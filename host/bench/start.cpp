#include "host/bench/start.hpp"

#include "host/bench/failure.hpp"

namespace tellina::bench {
namespace {

constexpr std::chrono::seconds start_limit{60};

double in_milliseconds(Nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

}  // namespace

Sample measure_prompt(Target& target, std::size_t times, std::chrono::milliseconds pause, Progress& progress) {
  Sample sample("prompt", target.name());
  progress.begin(target.name() + ": prompt", times);
  for (std::size_t i = 0; i < times; ++i) {
    SessionGroup group(target, 0, progress);
    group.wait_until([] { return false; }, pause);
    const auto wait_until = [&](const std::function<bool()>& condition) {
      if (!group.wait_until(condition, start_limit)) throw BenchFailure("a shell showed no prompt within 60 s");
    };
    const bool needs_request = target.protocol() == Protocol::tellina;
    TimePoint started = Clock::now();
    Terminal& terminal = group.join(0);
    if (needs_request) {
      wait_until([&] { return terminal.can_start(); });
      group.wait_until([] { return false; }, pause);  // like a participant who reads the task
      started = Clock::now();
    }
    terminal.start();
    wait_until([&] { return terminal.has_started() && !terminal.expects(); });
    sample.latency.record(terminal.found_at() - started);
    if (needs_request) {
      terminal.give_up();
      group.wait_until([&] { return terminal.can_start(); }, start_limit);
    }
    progress.set(i + 1);
  }
  progress.end();
  sample.set("p50_ms", in_milliseconds(sample.latency.percentile(50)));
  sample.set("p90_ms", in_milliseconds(sample.latency.percentile(90)));
  sample.set("max_ms", in_milliseconds(sample.latency.max()));
  return sample;
}

Sample measure_memory(SessionGroup& group, std::uint64_t before) {
  Sample sample("memory", group.target().name());
  group.target().find_processes();
  const std::uint64_t now = group.target().resident_bytes().value_or(0);
  const double growth = now > before ? static_cast<double>(now - before) : 0;
  sample.set("server_mib", static_cast<double>(before) / (1024 * 1024));
  sample.set("kib_per_session", growth / 1024 / static_cast<double>(group.size()));
  return sample;
}

}  // namespace tellina::bench
