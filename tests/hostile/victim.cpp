#include "hostile/victim.hpp"

#include <algorithm>
#include <regex>

#include "support/study_database.hpp"

namespace tellina::hostile {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto think_time = 20ms;
/// The largest error of a measured time: if output arrives before the wait begins, pump() notices it only after this
/// time.
constexpr auto wait_for_output = 2ms;
/// The number of keys after which Ctrl-U empties the line.
constexpr int line_length = 20;
constexpr auto give_up_limit = 60s;

std::int64_t now_in_nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

double milliseconds_since(std::int64_t nanoseconds) {
  return static_cast<double>(now_in_nanoseconds() - nanoseconds) / 1e6;
}

}  // namespace

Victim::Victim(std::uint16_t port, const std::string& access_code)
    : m_access_code(access_code), m_client(testing::TestClient::of(port, access_code)) {
  m_client.connect();
  m_client.start_task(1);
  m_client.expect_prompt();
  m_shell = name_shell();
  m_thread = std::thread([this] {
    try {
      run();
    } catch (const std::exception& error) {
      const std::lock_guard lock(m_mutex);
      m_failure = "another participant cannot continue: " + std::string(error.what());
    }
  });
}

Victim::~Victim() {
  m_is_running = false;
  if (m_thread.joinable()) m_thread.join();
}

std::string Victim::failure() {
  const std::lock_guard lock(m_mutex);
  return m_failure;
}

std::string Victim::name_shell() {
  const std::size_t from = m_client.output().size();
  m_client.run("echo \"<$(cut -d' ' -f1,22 /proc/$$/stat)>\"");
  const std::string printed = m_client.output().substr(from);
  std::smatch found;
  if (!std::regex_search(printed, found, std::regex("<([0-9]+ [0-9]+)>"))) return "unknown: " + printed;
  return found[1];
}

std::string Victim::end_and_name_shell() {
  m_is_running = false;
  m_thread.join();
  if (!m_client.is_open()) m_client.reconnect(give_up_limit);
  m_client.type("\x15");
  return name_shell();
}

bool Victim::is_recorded(const std::filesystem::path& database_file) {
  const auto is_same = [&] {
    const testing::StudyDatabase database(database_file);
    return database.stream("input", m_access_code, 1) == m_client.input() &&
           database.stream("output", m_access_code, 1) == m_client.output();
  };
  return m_client.wait_until(is_same);
}

void Victim::begin() {
  const std::lock_guard lock(m_mutex);
  m_times.clear();
}

Figures Victim::figures() {
  std::vector<double> times;
  {
    const std::lock_guard lock(m_mutex);
    times = m_times;
  }
  if (const std::int64_t since = m_typed_at; since != 0) times.push_back(milliseconds_since(since));
  Figures figures;
  figures.keys = times.size();
  if (times.empty()) return figures;
  std::sort(times.begin(), times.end());
  figures.median = times[times.size() / 2];
  figures.p99 = times[times.size() * 99 / 100];
  figures.longest = times.back();
  return figures;
}

void Victim::run() {
  for (int typed = 0; m_is_running;) {
    const std::uint64_t before = m_client.output_end();
    m_typed_at = now_in_nanoseconds();
    const bool ends_line = ++typed % line_length == 0;
    m_client.type(ends_line ? "\x15" : "x");
    while (m_is_running && m_client.output_end() == before) {
      if (m_client.is_open()) {
        m_client.pump(wait_for_output);
        continue;
      }
      ++m_disconnections;
      m_client.reconnect(give_up_limit);
      break;
    }
    if (!m_is_running) return;
    {
      const std::lock_guard lock(m_mutex);
      m_times.push_back(milliseconds_since(m_typed_at));
    }
    m_typed_at = 0;
    std::this_thread::sleep_for(think_time);
    m_client.pump(0ms);
  }
}

}  // namespace tellina::hostile
