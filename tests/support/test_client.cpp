#include "support/test_client.hpp"

#include <algorithm>
#include <stdexcept>

#include <poll.h>

#include "host/runtime/system.hpp"
#include "host/text/json.hpp"

namespace tellina::testing {
namespace {

namespace json = boost::json;

client::Endpoint on_this_machine(std::uint16_t port) { return client::Endpoint("127.0.0.1", port); }

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

Milliseconds left_until(SteadyTime deadline) {
  return std::max(Milliseconds(0),
                  std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now()));
}

std::string tail_of(const std::string& text) {
  constexpr std::size_t shown = 400;
  return json::serialize(json::string(text.size() > shown ? text.substr(text.size() - shown) : text));
}

}  // namespace

std::string text_of(const json::object& message, const std::string& name) {
  const json::value* value = message.if_contains(name);
  if (!value) return {};
  return value->is_string() ? json::value_to<std::string>(*value) : json::serialize(*value);
}

std::uint64_t number_of(const json::object& message, const std::string& name) {
  return message.at(name).to_number<std::uint64_t>();
}

HttpAnswer http_request(std::uint16_t port, const std::string& head, const std::string& body, Milliseconds limit) {
  constexpr std::string_view version = " HTTP/1.1\r\n";
  const std::size_t end = head.find(version);
  const client::WaitLimit wait_limit(system_clock(), limit);
  return client::http_request(on_this_machine(port), head.substr(0, end), head.substr(end + version.size()), body,
                              wait_limit);
}

std::string log_in(std::uint16_t port, const std::string& access_code) {
  const client::WaitLimit limit(system_clock(), default_limit);
  return client::log_in(on_this_machine(port), access_code, limit);
}

TestClient::TestClient(std::uint16_t port, std::string cookie) : m_port(port), m_cookie(std::move(cookie)) {
  m_transcript->client.send_beyond_window();
  acknowledge_by_itself(true);
}

void TestClient::open() {
  const client::WaitLimit limit(system_clock(), default_limit);
  m_transcript->client.open(on_this_machine(m_port), m_cookie, limit);
}

void TestClient::cut() {
  m_transcript->client.cut();
  m_transcript->messages.clear();
}

std::size_t TestClient::unsent() const { return is_open() ? m_transcript->client.socket()->unsent() : 0; }

void TestClient::acknowledge_by_itself(bool yes) {
  using Acknowledge = client::TerminalClient::Acknowledge;
  m_transcript->client.acknowledge_output(yes ? Acknowledge::at_once : Acknowledge::by_hand);
}

json::object TestClient::connect(Milliseconds limit) {
  cut();
  open();
  send_hello();
  return wait_for("welcome", {}, limit);
}

void TestClient::reconnect(Milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    try {
      connect(std::chrono::seconds(1));
      return;
    } catch (const std::exception&) {
      if (std::chrono::steady_clock::now() >= deadline) throw;
    }
    cut();
    pump(Milliseconds(50));
  }
}

void TestClient::type(std::string_view bytes) {
  m_transcript->input.append(bytes);
  m_transcript->client.type(bytes);
}

json::object TestClient::start_task(int task, const std::string& id, Milliseconds limit) {
  const std::string chosen = id.empty() ? "start-" + std::to_string(m_next_id++) : id;
  m_transcript->client.start_task(task, json_string(chosen));
  return wait_for_answer("welcome", chosen, limit);
}

void TestClient::pump(Milliseconds limit) {
  TestClient* const self = this;
  pump(std::span<TestClient* const>(&self, 1), limit);
}

void TestClient::pump(std::span<TestClient* const> clients, Milliseconds limit) {
  std::vector<pollfd> entries;
  for (TestClient* client : clients) {
    client::TerminalClient& terminal = client->m_transcript->client;
    terminal.exchange();
    const client::WebSocket* socket = terminal.socket();
    const short events = static_cast<short>(POLLIN | (socket && socket->has_unsent() ? POLLOUT : 0));
    entries.push_back({socket ? socket->descriptor() : -1, events, 0});
  }
  if (::poll(entries.data(), entries.size(), static_cast<int>(limit.count())) <= 0) return;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (entries[i].revents != 0) clients[i]->m_transcript->client.exchange();
  }
}

void TestClient::Transcript::on_frame(const ServerFrame& frame, std::string_view text) {
  if (std::holds_alternative<InputAckFrame>(frame)) return;
  if (const auto* welcome = std::get_if<WelcomeFrame>(&frame)) follow(*welcome);
  json::object message = json::parse({text.data(), text.size()}).as_object();
  if (const json::value* now = message.if_contains("state")) {
    state_object = now->as_object();
    state = text_of(state_object, "state");
  }
  messages.push_back(std::move(message));
}

void TestClient::Transcript::follow(const WelcomeFrame& welcome) {
  if (welcome.stream != stream) {
    stream = welcome.stream;
    output.clear();
    input.clear();
    cursor = 0;
    output_begin = welcome.output_offset;
    input_begin = welcome.input_offset;
  }
  output.resize(welcome.output_offset - output_begin, '\0');
  if (welcome.input_offset > input_begin + input.size()) input.resize(welcome.input_offset - input_begin, '\0');
}

bool TestClient::wait_until(const std::function<bool()>& condition, Milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    const Milliseconds left = left_until(deadline);
    if (left.count() == 0) return false;
    // Not every condition depends on this socket.
    pump(std::min(left, Milliseconds(20)));
  }
  return true;
}

json::object TestClient::wait_for(const std::string& type, const std::function<bool(const json::object&)>& matches,
                                  Milliseconds limit) {
  auto found = m_transcript->messages.end();
  const auto fits = [&](const json::object& message) {
    return text_of(message, "type") == type && (!matches || matches(message));
  };
  const bool came = wait_until(
      [&] {
        found = std::find_if(m_transcript->messages.begin(), m_transcript->messages.end(), fits);
        return found != m_transcript->messages.end() || !is_open();
      },
      limit);
  if (!came || found == m_transcript->messages.end()) {
    std::string others;
    for (const json::object& message : m_transcript->messages) others += "\n  " + json::serialize(message);
    throw std::runtime_error("no message \"" + type + "\" " +
                             (is_open()
                                  ? "came in time"
                                  : "before the end, close code " + std::to_string(m_transcript->client.close_code())) +
                             "; there were:" + others + "\nthe output ends with " + tail_of(output()));
  }
  json::object message = *found;
  const auto end = std::remove_if(m_transcript->messages.begin(), found,
                                  [&](const json::object& other) { return text_of(other, "type") == type; });
  m_transcript->messages.erase(end, found + 1);
  return message;
}

json::object TestClient::wait_for_answer(const std::string& type, const std::string& id, Milliseconds limit) {
  return wait_for(
      type, [&](const json::object& message) { return text_of(message, "id") == id; }, limit);
}

bool TestClient::has_message(const std::string& type) const {
  return std::any_of(m_transcript->messages.begin(), m_transcript->messages.end(),
                     [&](const json::object& message) { return text_of(message, "type") == type; });
}

void TestClient::expect(const std::string& text, Milliseconds limit) {
  std::size_t from = m_transcript->cursor;
  std::size_t found = std::string::npos;
  const bool came = wait_until(
      [&] {
        found = output().find(text, from);
        from = std::max(m_transcript->cursor, output().size() - std::min(output().size(), text.size()));
        return found != std::string::npos || !is_open();
      },
      limit);
  if (!came || found == std::string::npos) {
    throw std::runtime_error("the terminal does not show " + tail_of(text) + "; its output ends with " +
                             tail_of(output()));
  }
  m_transcript->cursor = found + text.size();
}

void TestClient::run(const std::string& line, Milliseconds limit) {
  type(line + "\r");
  expect("\x1b]133;D", limit);
  expect_prompt(limit);
}

void TestClient::expect_all_acknowledged(Milliseconds limit) {
  if (wait_until([this] { return acknowledged_input() == input_end(); }, limit)) return;
  throw std::runtime_error("input is acknowledged up to " + std::to_string(acknowledged_input()) + " of " +
                           std::to_string(input_end()));
}

int TestClient::wait_closed(Milliseconds limit) {
  if (!wait_until([this] { return !is_open(); }, limit)) throw std::runtime_error("the connection stays open");
  return m_transcript->client.close_code();
}

}  // namespace tellina::testing
