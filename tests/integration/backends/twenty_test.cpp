/// Twenty participants type at the same time, while a part of the server is killed or stopped.

#include <algorithm>
#include <csignal>
#include <future>
#include <thread>

#include "backends.hpp"
#include "typist.hpp"

namespace tellina::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int participants = 20;
constexpr std::chrono::duration<double> longest_break(is_sanitized ? 15 : 5);

constexpr std::chrono::seconds redis_pause(5);

class Story {
 public:
  const char* layer;
  const char* sandbox;
  const char* victim;
};

class Twenty : public ServerTest, public ::testing::WithParamInterface<Story> {
 protected:
  void start_all() {
    m_backends.emplace(Combination(GetParam().layer, "strict", GetParam().sandbox), folder());
    StudyConfig config;
    config.more = m_backends->members();
    config.access_codes.clear();
    for (int i = 0; i < participants; ++i) config.access_codes.push_back("p" + std::to_string(i));
    start(config);
    for (const std::string& code : config.access_codes) {
      m_typists.push_back(std::make_unique<Typist>(server().port(), code));
    }
    each([](Typist& typist) { typist.begin(); });
  }

  /// Runs `act` for each typist on a separate thread. Returns when all are done, and rethrows an exception of one.
  void each(const std::function<void(Typist&)>& act) {
    std::vector<std::future<void>> done;
    for (const auto& typist : m_typists) {
      done.push_back(std::async(std::launch::async, [&act, &typist = *typist] { act(typist); }));
    }
    for (auto& one : done) one.get();
  }

  /// Whether, in time, every typist gets `more` keys acknowledged in addition to those in `before`.
  bool make_progress(const std::vector<std::size_t>& before, std::size_t more) {
    const auto deadline = Clock::now() + std::chrono::seconds(60);
    for (std::size_t i = 0; i < m_typists.size(); ++i) {
      while (m_typists[i]->acknowledged() < before[i] + more) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(Milliseconds(5));
      }
    }
    return true;
  }

  std::vector<std::size_t> count_typed() const {
    std::vector<std::size_t> counts;
    for (const auto& typist : m_typists) counts.push_back(typist->typed());
    return counts;
  }

  void kill_victim() {
    const std::string victim = GetParam().victim;
    if (victim == "redis") {
      m_backends->redis().kill();
      m_backends->redis().start();
      return;
    }
    if (victim == "redis_paused") {
      m_backends->redis().pause();
      std::this_thread::sleep_for(redis_pause);
      m_backends->redis().resume();
      return;
    }
    const std::vector<pid_t> processes = server().role_processes(victim);
    ASSERT_FALSE(processes.empty());
    ::kill(processes.front(), SIGKILL);
  }

  void expect_nothing_lost(Typist& typist) {
    const std::string& code = typist.access_code();
    EXPECT_TRUE(typist.client().output().substr(typist.output_before()) == typist.keys())
        << "the output of tee is not what was typed";
    expect_recorded(typist.client(), code);
    EXPECT_TRUE(database().rows("SELECT * FROM gaps WHERE access_code = ?1", {code}).empty());
  }

  /// The output shown equals the recorded output, except for gaps, whose bytes are 0 in the record.
  void expect_output_recorded(Typist& typist) {
    const std::string& code = typist.access_code();
    settle(typist.client(), code);
    std::string shown = typist.client().output();
    for (const auto& gap : database().rows(
             "SELECT from_offset, to_offset FROM gaps WHERE stream = 'output' AND access_code = ?1", {code})) {
      ASSERT_LE(std::stoul(gap[1]), shown.size());
      std::fill(shown.begin() + std::stol(gap[0]), shown.begin() + std::stol(gap[1]), '\0');
    }
    EXPECT_TRUE(database().stream("output", code, 1) == shown) << "the record of the output differs";
  }

  /// Only unacknowledged input may be missing, in one piece, which the record names as a gap.
  void expect_only_what_a_gap_names_lost(Typist& typist) {
    const std::string& code = typist.access_code();
    const auto gaps =
        database().rows("SELECT from_offset, to_offset FROM gaps WHERE stream = 'input' AND access_code = ?1", {code});
    ASSERT_LE(gaps.size(), 1U);
    std::string recorded = typist.client().input();
    const std::string& keys = typist.keys();
    // The last keys are acknowledged, so the pty has them, and tee may not have read them yet.
    const std::string last_keys = keys.substr(keys.size() - 8);
    std::string typed;
    EXPECT_TRUE(typist.client().wait_until([&] {
      typed = read_in_container(database(), code, "typed");
      return typed.ends_with(last_keys);
    }));
    if (gaps.empty()) {
      EXPECT_TRUE(typed == keys);
    } else {
      const std::size_t from = std::stoul(gaps[0][0]);
      const std::size_t to = std::stoul(gaps[0][1]);
      EXPECT_GE(from, typist.acknowledged_before_the_break());
      std::fill(recorded.begin() + static_cast<std::ptrdiff_t>(from),
                recorded.begin() + static_cast<std::ptrdiff_t>(to), '\0');
      // The shell got everything that was acknowledged, and perhaps a part of the gap.
      const std::string behind = keys.substr(to - typist.input_before());
      ASSERT_GE(typed.size(), behind.size());
      const std::size_t handed = typed.size() - behind.size();
      EXPECT_GE(handed, typist.acknowledged_before_the_break() - typist.input_before());
      EXPECT_LE(handed, to - typist.input_before());
      EXPECT_TRUE(typed == keys.substr(0, handed) + behind);
    }
    EXPECT_TRUE(database().stream("input", code, 1) == recorded);
    expect_output_recorded(typist);
  }

  std::vector<std::unique_ptr<Typist>> m_typists;

 private:
  std::optional<Backends> m_backends;
};

TEST_P(Twenty, TypistsContinueWithinFiveSeconds) {
  if (GetParam().sandbox == std::string("docker")) engine();
  const auto began = Clock::now();
  start_all();
  const std::chrono::duration<double> took = Clock::now() - began;
  std::cout << participants << " sandboxes started in " << took.count() << " s\n";
  const auto processes = server().role_processes("worker");

  std::atomic<bool> continues = true;
  auto typing = std::async(std::launch::async, [&] { each([&](Typist& typist) { typist.type(continues); }); });
  EXPECT_TRUE(make_progress(std::vector<std::size_t>(participants, 0), 15));
  kill_victim();
  const bool is_paused = GetParam().victim == std::string("redis_paused");
  const std::chrono::duration<double> limit = longest_break + (is_paused ? redis_pause : std::chrono::seconds(0));
  EXPECT_TRUE(make_progress(count_typed(), 30)) << "not every session continues";
  continues = false;
  typing.get();
  each([](Typist& typist) { typist.finish(); });

  std::chrono::duration<double> longest(0);
  for (const auto& typist : m_typists) {
    SCOPED_TRACE(typist->access_code());
    EXPECT_LT(typist->longest_silence(), limit);
    longest = std::max(longest, typist->longest_silence());
    if (GetParam().victim == std::string("worker"))
      expect_only_what_a_gap_names_lost(*typist);
    else
      expect_nothing_lost(*typist);
  }
  std::cout << "the longest silence was " << longest.count() << " s\n";
  EXPECT_EQ(server().role_processes("worker").size(), processes.size());
}

INSTANTIATE_TEST_SUITE_P(Deaths, Twenty,
                         ::testing::Values(Story{"ipc", "docker", "worker"}, Story{"redis", "chroot", "gateway"},
                                           Story{"redis", "chroot", "redis"}, Story{"redis", "chroot", "redis_paused"}),
                         [](const auto& test) { return std::string("of_") + test.param.victim; });

}  // namespace
}  // namespace tellina::testing
