#pragma once

/// Participants who work on a server that runs out of a resource.

#include <sys/types.h>

#include <deque>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "server_fixture.hpp"

namespace tellina::testing {

/// A process that takes all of a resource, and everything that becomes free later, and holds it until it is destroyed.
class Taker {
 public:
  /// `take` takes everything that is free. It runs repeatedly in a separate process; the constructor returns after the
  /// first run. Throws std::runtime_error if the first run throws.
  explicit Taker(const std::function<void()>& take);
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;
  ~Taker();

  pid_t process() const { return m_process; }

 private:
  pid_t m_process = -1;
};

/// A participant at work: numbered lines, and the shell that runs them.
class Typist {
 public:
  Typist(TestClient client, std::string code) : m_client(std::move(client)), m_code(std::move(code)) {
    m_shell = ask_for_shell();
  }

  TestClient& client() { return m_client; }
  const std::string& code() const { return m_code; }

  /// Types the next lines; each must be answered.
  void work(int lines) {
    for (int i = 0; i < lines; ++i) m_client.run("echo line-" + std::to_string(++m_line));
  }
  void expect_same_shell() { EXPECT_EQ(ask_for_shell(), m_shell) << m_code << " has another shell"; }

 private:
  std::string ask_for_shell() {
    const std::size_t begin = m_client.output().size();
    m_client.run("echo \"<$$>\"");
    std::smatch found;
    const std::string printed = m_client.output().substr(begin);
    if (!std::regex_search(printed, found, std::regex("<([0-9]+)>"))) ADD_FAILURE() << printed;
    return found[1];
  }

  TestClient m_client;
  std::string m_code;
  std::string m_shell;
  int m_line = 0;
};

/// If a resource runs out, working participants continue and lose nothing, and later ones are served once there is
/// room.
class Exhaustion : public ServerTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static constexpr int at_work = 3;

  StudyConfig study(int participants) const {
    StudyConfig config;
    config.access_codes.clear();
    for (int i = 0; i < participants; ++i) config.access_codes.push_back(code(i));
    if (GetParam() == std::string("ipc")) {
      config.more =
          R"("workers": 2, "channel_layer": {"plugin": "ipc", "directory": ")" + (folder() / "meet").string() + "\"}, ";
    }
    return config;
  }
  static std::string code(int number) { return "code" + std::to_string(number); }

  void begin_work() {
    for (int i = 0; i < at_work; ++i) typists.emplace_back(join_task(code(i)), code(i));
  }
  void work(int lines) {
    for (Typist& typist : typists) typist.work(lines);
  }
  void expect_nothing_lost() {
    for (Typist& typist : typists) {
      typist.expect_same_shell();
      typist.client().expect_all_acknowledged();
      expect_recorded(typist.client(), typist.code());
    }
    EXPECT_EQ(database().value("SELECT count(*) FROM gaps"), "0");
    EXPECT_EQ(database().value("SELECT count(*) FROM event_log WHERE kind IN ('sandbox_replaced', 'adopted')"), "0");
  }
  std::vector<pid_t> processes() {
    std::vector<pid_t> all{server().process()};
    for (const char* role : {"gateway", "worker"}) {
      for (const pid_t process : server().role_processes(role)) all.push_back(process);
    }
    return all;
  }

  bool has_said(const std::string& text) { return server().errors().find(text) != std::string::npos; }

  std::deque<Typist> typists;
};

}  // namespace tellina::testing
