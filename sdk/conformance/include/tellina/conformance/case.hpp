#pragma once

/// A promise of the SDK with a name, and the parts that its test function gets.

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "tellina/conformance/subject.hpp"

namespace tellina::conformance {

/// The plugin violated the contract: what was expected, and what was found.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The case does not apply here; the text names the unmet precondition.
class Skip : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The plugins' clock.
class ProbeClock final : public Clock {
 public:
  MonotonicTime now() const override;
  WallTime wall_time() const override;
};

/// Unpredictable, so that names that are made from it are unique.
class ProbeRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

/// Keeps what the plugins log. Threads: any.
class KeptLog final : public Log {
 public:
  void write(LogLevel level, std::string_view text) override;
  /// The last lines at warning and above, one per line.
  std::string worst() const;
  /// Those since the last call of expect_none_from_now().
  std::string unexpected() const;
  /// What has been logged so far is advice for a researcher, such as the warnings of probe().
  void expect_none_from_now();

 private:
  mutable std::mutex m_mutex;
  std::vector<std::string> m_lines;
  std::vector<std::string> m_unexpected;
};

/// The parts that one case gets. Lives as long as the case, and longer than every plugin that the case creates.
class Probe {
 public:
  Probe(const Subject& subject, std::uint64_t seed);

  const Subject& subject() const { return m_subject; }
  std::uint64_t seed() const { return m_seed; }
  /// The same sequence for the same seed. Threads: one.
  std::mt19937_64& random() { return m_random; }
  /// From `least` to `most`, both inclusive.
  std::uint64_t pick(std::uint64_t least, std::uint64_t most);

  /// A new plugin with the settings of the subject. Throws Failure if its class does not match its kind.
  template <typename Type>
  std::unique_ptr<Type> make() {
    std::unique_ptr<Type> made = make_with<Type>(m_subject.section);
    if constexpr (!std::is_same_v<Type, Plugin>) need_reachable(*made);
    return made;
  }
  template <typename Type>
  std::unique_ptr<Type> make_with(const Config& section) {
    std::unique_ptr<Plugin> plugin = create(section);
    auto* typed = dynamic_cast<Type*>(plugin.get());
    if (!typed) throw Failure("expected a plugin of the class of its kind, found an object of another class");
    [[maybe_unused]] Plugin* const same = plugin.release();
    return std::unique_ptr<Type>(typed);
  }

  /// Throws Skip if the plugin is a layer whose probe() reports that it cannot be used here.
  static void need_reachable(Plugin& plugin);

  /// PREFIX plus unique letters and digits.
  std::string unique(const std::string& prefix);
  /// Letters and digits that are unique to the case: everything on this machine whose name contains them belongs to it.
  const std::string& mark() const { return m_mark; }

  /// The case passes, but something about it is worth a look. Threads: one.
  void warn(const std::string& text) { m_warning += (m_warning.empty() ? "" : "\n") + text; }
  const std::string& warning() const { return m_warning; }
  KeptLog& log() { return m_log; }
  const KeptLog& log() const { return m_log; }

 private:
  std::unique_ptr<Plugin> create(const Config& section);

  const Subject& m_subject;
  const std::uint64_t m_seed;
  std::mt19937_64 m_random;
  ProbeClock m_clock;
  ProbeRandom m_entropy;
  KeptLog m_log;
  std::string m_mark;
  std::string m_warning;
};

/// One promise. `run` throws Failure or Skip; any other exception is a failure too.
class Case {
 public:
  Case(const char* name_, const char* contract_, void (*run_)(Probe&),
       std::chrono::seconds deadline_ = std::chrono::seconds(20), bool seeded_ = false)
      : name(name_), contract(contract_), run(run_), deadline(deadline_), seeded(seeded_) {}

  /// The case causes faults of which a plugin should write to its log.
  Case provoking() const {
    Case copy = *this;
    copy.provokes = true;
    return copy;
  }
  /// The case measures what other cases would disturb.
  Case alone() const {
    Case copy = *this;
    copy.runs_alone = true;
    return copy;
  }
  /// A case that passes should not take longer.
  std::chrono::milliseconds usual_time() const { return deadline / 2; }

  const char* name;      ///< DeliversInOrder
  const char* contract;  ///< one sentence
  void (*run)(Probe& probe);
  std::chrono::seconds deadline;
  bool seeded;  ///< its schedules depend on the seed
  bool provokes = false;
  bool runs_alone = false;
};

/// Throws Failure "expected EXPECTED, found FOUND" unless `is_so`.
void expect(bool is_so, const std::string& expected, const std::string& found);

/// "7", "\"text\"" with control characters escaped, cut at 200 bytes.
std::string show(std::uint64_t value);
std::string show(std::string_view value);

/// Throws Failure "WHAT: expected 3, found 4".
void expect_equal(const std::string& what, std::uint64_t expected, std::uint64_t found);
void expect_equal(const std::string& what, std::string_view expected, std::string_view found);

/// Describes the exception that is being handled: "tellina::Error(gone): ...", "an int".
std::string describe_exception();
const char* to_string(ErrorCode code);

/// Throws Failure unless the call throws an Error with this code.
template <typename Call>
void expect_error(ErrorCode code, const std::string& what, Call call) {
  const std::string expected = what + " throws Error(" + to_string(code) + ")";
  try {
    call();
  } catch (const Error& error) {
    expect(error.code() == code, expected, describe_exception());
    return;
  } catch (...) {
    throw Failure("expected that " + expected + ", found " + describe_exception());
  }
  throw Failure("expected that " + expected + ", found that it returned");
}

/// Pauses a few milliseconds between two polls of a condition that has no event.
void pause_a_moment();

/// Polls until the condition holds or the time is over; returns whether it holds.
template <typename IsSo>
bool eventually(IsSo is_so, std::chrono::milliseconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    pause_a_moment();
  }
  return true;
}

}  // namespace tellina::conformance
