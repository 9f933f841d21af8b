#include <algorithm>

#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

using Clock = std::chrono::steady_clock;

class Load : public ServerTest {};

TEST_F(Load, TenSecondsOfEndlessOutputCostNoMemoryAndCtrlCStopsItAtOnce) {
  // AddressSanitizer keeps freed memory: up to 256 MiB, or its quarantine_size_mb.
  constexpr std::size_t growth_in_kib = (is_sanitized ? 256 + 64 : 16) * 1024;
  constexpr Milliseconds silence(is_sanitized ? 1000 : 200);
  start(StudyConfig());
  TestClient bob = join_task();
  // Makes the server allocate what it allocates once (2 MiB of replay, the writer's buffers) before the measurement.
  bob.run("yes | head -c 4000000", std::chrono::seconds(60));
  const std::size_t before = server().resident_kib();
  bob.type("yes\r");
  std::size_t most = before;
  const auto begin = Clock::now();
  while (Clock::now() - begin < std::chrono::seconds(10)) {
    bob.wait_until([] { return false; }, Milliseconds(250));
    most = std::max(most, server().resident_kib());
  }
  EXPECT_LT(most, before + growth_in_kib) << "KiB";
  bob.expect("\x1b]133;C");

  const auto pressed = Clock::now();
  bob.type("\x03");
  bob.expect("\x1b]133;D;130");
  EXPECT_LT(std::chrono::duration_cast<Milliseconds>(Clock::now() - pressed).count(), silence.count());
  bob.expect_prompt();
  bob.expect_all_acknowledged();
  expect_recorded(bob);
}

/// A participant for whom `cat` echoes every key.
class Typist {
 public:
  Typist(TestClient connected, Clock::time_point first) : client(std::move(connected)), next_key(first) {}
  TestClient client;
  Clock::time_point next_key;
  std::string keys;
  std::size_t output_before = 0;
};

TEST_F(Load, FiftyParticipantsAtOnceLoseNothing) {
  constexpr int participants = 50;
  constexpr auto key_interval = Milliseconds(100);
  constexpr auto duration = std::chrono::seconds(is_sanitized ? 5 : 20);
  StudyConfig config;
  config.access_codes.clear();
  for (int i = 0; i < participants; ++i) config.access_codes.push_back("p" + std::to_string(i));
  start(config);

  std::vector<std::unique_ptr<Typist>> typists;
  std::vector<TestClient*> clients;
  for (const std::string& code : config.access_codes) {
    typists.push_back(std::make_unique<Typist>(join_task(code), Clock::now()));
    TestClient& client = typists.back()->client;
    client.type("stty raw -echo; echo begin; cat\r");
    client.expect("\x1b]133;C");
    client.expect("\n");
    typists.back()->output_before = client.output().size();
    clients.push_back(&client);
  }

  const auto begin = Clock::now();
  for (int i = 0; i < participants; ++i) {
    typists[static_cast<std::size_t>(i)]->next_key = begin + i * key_interval / participants;
  }
  unsigned number = 0;
  while (Clock::now() < begin + duration) {
    auto soonest = begin + duration;
    for (const auto& typist : typists) {
      if (typist->next_key <= Clock::now()) {
        const char key = static_cast<char>(number++ % 251);  // a prime: neighbours in a stream differ
        typist->keys += key;
        typist->client.type(std::string_view(&key, 1));
        typist->next_key += key_interval;
      }
      soonest = std::min(soonest, typist->next_key);
    }
    const auto left = std::chrono::duration_cast<Milliseconds>(soonest - Clock::now());
    TestClient::pump(clients, std::max(Milliseconds(0), left));
  }
  const auto is_complete = [](const auto& typist) {
    return typist->client.output().size() >= typist->output_before + typist->keys.size() &&
           typist->client.acknowledged_input() == typist->client.input_end();
  };
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while (!std::all_of(typists.begin(), typists.end(), is_complete) && Clock::now() < deadline) {
    TestClient::pump(clients, Milliseconds(20));
  }
  constexpr std::size_t expected_keys = duration / key_interval;
  for (int i = 0; i < participants; ++i) {
    Typist& typist = *typists[static_cast<std::size_t>(i)];
    SCOPED_TRACE(config.access_codes[static_cast<std::size_t>(i)]);
    EXPECT_GE(typist.keys.size(), expected_keys - 2);
    EXPECT_TRUE(typist.client.output().substr(typist.output_before) == typist.keys);
    EXPECT_EQ(typist.client.acknowledged_input(), typist.client.input_end());
    expect_recorded(typist.client, config.access_codes[static_cast<std::size_t>(i)]);
  }
}

}  // namespace
}  // namespace tellina::testing
