#include "server_fixture.hpp"
#include "support/places.hpp"

#include <csignal>

namespace tellina::testing {

std::string StudyConfig::text() const {
  boost::json::array codes;
  for (const std::string& code : access_codes) codes.emplace_back(code);
  return "{\n  " + more + "\"access_codes\": " + boost::json::serialize(codes) +
         ",\n  \"task_duration_in_seconds\": " + std::to_string(task_duration_in_seconds) + ",\n  \"tasks\": " + tasks +
         "\n}\n";
}

ServerTest::~ServerTest() {
  if (!m_server || !HasFailure()) return;
  std::cerr << "the server said:\n" << m_server->errors();
  if (const auto status = m_server->wait(Milliseconds(0))) std::cerr << "and ended with status " << *status << '\n';
}

void ServerTest::start(const std::vector<std::string>& options, const std::string& config) {
  m_server.reset();
  m_server.emplace(program_file(), folder(), config, options);
}

void ServerTest::start(const StudyConfig& config) {
  configure(config);
  start();
}

void ServerTest::start_limited(const std::string& limits, const StudyConfig& config) {
  configure(config);
  const std::filesystem::path script = folder() / "limited";
  write_text(script, "#!/bin/sh\n" + limits + "\nexec " + program_file() + " \"$@\"\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  m_server.reset();
  m_server.emplace(script, folder());
}

void ServerTest::stop() {
  server().signal(SIGINT);
  EXPECT_EQ(server().wait(std::chrono::seconds(5)), 0) << "exit status within 5 s of SIGINT";
}

TestClient ServerTest::join(const std::string& access_code) {
  TestClient client = TestClient::of(server().port(), access_code);
  client.connect();
  return client;
}

TestClient ServerTest::join_task(const std::string& access_code, int task) {
  TestClient client = join(access_code);
  client.start_task(task);
  client.expect_prompt();
  return client;
}

void ServerTest::settle(TestClient& client, const std::string& access_code, int task) {
  if (client.state() == "running") {
    client.send_json(R"({"type": "ping", "t": 0})");
    const std::uint64_t end = number_of(client.wait_for("pong"), "output_offset");
    EXPECT_TRUE(client.wait_until([&] { return client.output_end() >= end; })) << "output is missing";
  }
  // If a program prints continuously, the client would always be ahead of the record.
  const std::uint64_t end = client.output_end();
  const auto is_recorded = [&] { return database().stream("output", access_code, task).size() >= end; };
  EXPECT_TRUE(client.wait_until(is_recorded, std::chrono::seconds(5))) << "output is not recorded";
}

void ServerTest::expect_recorded(TestClient& client, const std::string& access_code, int task) {
  settle(client, access_code, task);
  // More output may arrive during the comparison: a shell whose terminal was just resized redraws its prompt.
  const auto is = [&](const std::string& name, const std::string& had) {
    return client.wait_until([&] { return database().stream(name, access_code, task) == had; },
                             std::chrono::seconds(5));
  };
  EXPECT_TRUE(is("input", client.input())) << "the record of the input differs";
  EXPECT_TRUE(is("output", client.output())) << "the record of the output differs";
}

bool ServerTest::server_says(const std::string& text, int times) {
  const auto deadline = std::chrono::steady_clock::now() + default_limit;
  for (;;) {
    const std::string said = server().errors();
    int found = 0;
    for (std::size_t at = 0; (at = said.find(text, at)) != std::string::npos; ++at) ++found;
    if (found >= times) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    server().wait(Milliseconds(5));
  }
}

}  // namespace tellina::testing
