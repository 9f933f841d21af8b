/// Gateways and workers without a supervisor, started one by one with the same config.

#include <algorithm>
#include <csignal>

#include "backends.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

/// Longer than a lease lasts and another worker takes to notice its end.
constexpr seconds come_back_limit(is_sanitized ? 40 : 20);
constexpr std::size_t most_participants = 12;

class ByHand : public ServerTest, public ::testing::WithParamInterface<const char*> {
 protected:
  class Participant {
   public:
    Participant(std::string code_, std::size_t gateway_, TestClient client_)
        : code(std::move(code_)), gateway(gateway_), client(std::move(client_)) {}
    std::string code;
    std::size_t gateway;
    TestClient client;
    pid_t owner = -1;
  };

  void SetUp() override {
    m_backends.emplace(Combination(GetParam(), "strict", "chroot"), folder());
    StudyConfig config;
    config.more = m_backends->members();
    config.access_codes.clear();
    for (std::size_t i = 0; i < most_participants; ++i) config.access_codes.push_back("p" + std::to_string(i));
    configure(config);
    for (int i = 0; i < 2; ++i) start_one(m_workers, "worker", i, {});
    for (int i = 0; i < 2; ++i) m_ports.push_back(port_of(start_one(m_gateways, "gateway", i, {"--port", "0"})));
  }

  /// Logs participants in until both gateways and both workers have some.
  void let_participants_in() {
    for (std::size_t i = 0; i < most_participants; ++i) {
      const std::string code = "p" + std::to_string(i);
      Participant& one = m_participants.emplace_back(code, i % 2, TestClient::of(m_ports[i % 2], code));
      one.client.connect();
      one.client.start_task(1);
      one.client.expect_prompt();
      one.client.run("kept=of_" + code);
      one.owner = owner_of(database(), code);
      if (i >= 3 && std::any_of(m_participants.begin(), m_participants.end(),
                                [&](const Participant& other) { return other.owner != one.owner; })) {
        return;
      }
    }
    FAIL() << "one worker has all participants";
  }

  static void expect_the_same_shell(Participant& one) {
    one.client.run("echo \"<$kept>\"");
    EXPECT_THAT(one.client.output(), HasSubstr("\a<of_" + one.code + ">\r\n")) << one.code;
  }

  void TearDown() override {
    if (!HasFailure()) return;
    for (const auto* processes : {&m_workers, &m_gateways}) {
      for (const auto& process : *processes) std::cerr << "one said:\n" << process->errors();
    }
  }

  std::vector<std::unique_ptr<ChildProcess>> m_workers;
  std::vector<std::unique_ptr<ChildProcess>> m_gateways;
  std::vector<std::uint16_t> m_ports;
  std::vector<Participant> m_participants;

 private:
  /// Returns the first line of its output.
  std::string start_one(std::vector<std::unique_ptr<ChildProcess>>& processes, const std::string& role, int number,
                        const std::vector<std::string>& options) {
    std::vector<std::string> words{role, "--config", "config.json"};
    words.insert(words.end(), options.begin(), options.end());
    processes.push_back(std::make_unique<ChildProcess>(program_file(), words, folder(), role + std::to_string(number)));
    const auto deadline = std::chrono::steady_clock::now() + seconds(30);
    while (processes.back()->output().find('\n') == std::string::npos) {
      if (processes.back()->wait(Milliseconds(10)) || std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("the " + role + " does not serve:\n" + processes.back()->errors());
      }
    }
    return processes.back()->output();
  }

  static std::uint16_t port_of(const std::string& said) {
    const std::string line = said.substr(0, said.find('\n'));
    return static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
  }

  std::optional<Backends> m_backends;
};

TEST_P(ByHand, ADeadWorkerAndADeadGatewayAreReplacedByTheOthers) {
  let_participants_in();
  const pid_t killed = m_participants.front().owner;
  const auto worker = std::find_if(m_workers.begin(), m_workers.end(),
                                   [&](const auto& process) { return process->process() == killed; });
  ASSERT_NE(worker, m_workers.end());
  (*worker)->signal(SIGKILL);
  (*worker)->wait(seconds(10));
  for (Participant& one : m_participants) {
    if (one.owner != killed) {
      expect_the_same_shell(one);
      continue;
    }
    const std::string acknowledged = one.client.input().substr(0, one.client.acknowledged_input());
    EXPECT_EQ(one.client.wait_closed(), 1012);
    one.client.reconnect(come_back_limit);
    one.client.run("kept=of_" + one.code);
    expect_the_same_shell(one);
    EXPECT_EQ(database().stream("input", one.code, 1).substr(0, acknowledged.size()), acknowledged);
    EXPECT_NE(owner_of(database(), one.code), killed);
  }

  for (Participant& one : m_participants) one.client.type("echo \"typed");
  m_gateways[0]->signal(SIGKILL);
  m_gateways[0]->wait(seconds(10));
  for (Participant& one : m_participants) {
    if (one.gateway == 0) {
      one.client.wait_closed();
      one.client.use_port(m_ports[1]);
      one.client.reconnect(come_back_limit);
    }
    one.client.run(" by $kept\"");
    EXPECT_THAT(one.client.output(), HasSubstr("\atyped by of_" + one.code + "\r\n")) << "nothing was lost";
    one.client.expect_all_acknowledged();
    if (one.owner != killed) expect_recorded(one.client, one.code);
  }

  m_gateways[1]->signal(SIGINT);
  EXPECT_EQ(m_gateways[1]->wait(seconds(10)), 0);
  for (const auto& left : m_workers) {
    if (left->process() == killed) continue;
    left->signal(SIGINT);
    EXPECT_EQ(left->wait(seconds(10)), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, ByHand, ::testing::Values("ipc", "redis"));

}  // namespace
}  // namespace tellina::testing
