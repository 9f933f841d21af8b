#include "support/test_client.hpp"

#include <algorithm>
#include <stdexcept>

#include <poll.h>

namespace tellina::testing {
namespace {

namespace json = boost::json;

constexpr std::size_t offset_bytes = 8;
constexpr std::size_t largest_payload = 64 * 1024;

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

void TestClient::cut() {
  m_socket->cut();
  m_welcomed = false;
  m_messages.clear();
}

json::object TestClient::connect(Milliseconds limit) {
  cut();
  open();
  send_hello();
  return wait_for("welcome", {}, limit);
}

void TestClient::come_back(Milliseconds limit) {
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

void TestClient::send_hello() {
  m_welcomed = false;
  json::object hello{{"type", "hello"}, {"columns", 80}, {"rows", 24}, {"output_offset", output_end()}};
  if (!m_stream.empty()) {
    hello["stream"] = m_stream;
    hello["input_offset"] = input_end();
  }
  send_json(json::serialize(hello));
}

void TestClient::send_binary(std::uint64_t offset, std::string_view bytes) {
  std::string frame;
  for (std::size_t i = 0; i < offset_bytes; ++i) frame += static_cast<char>(offset >> (8 * (offset_bytes - 1 - i)));
  m_socket->send(false, frame.append(bytes));
}

void TestClient::type(std::string_view bytes) {
  const std::uint64_t offset = input_end();
  m_input.append(bytes);
  if (m_welcomed && m_socket->is_open()) send_input_from(offset);
}

void TestClient::send_input_from(std::uint64_t offset) {
  std::string_view rest = std::string_view(m_input).substr(offset - m_input_begin);
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, largest_payload);
    send_binary(offset, piece);
    offset += piece.size();
    rest.remove_prefix(piece.size());
  }
}

json::object TestClient::start_task(int task, const std::string& id, Milliseconds limit) {
  const std::string chosen = id.empty() ? "start-" + std::to_string(m_next_id++) : id;
  m_welcomed = false;
  send_json(json::serialize(json::object{{"type", "start_task"}, {"id", chosen}, {"task", task}}));
  return wait_for_answer("welcome", chosen, limit);
}

void TestClient::acknowledge(std::uint64_t output_offset) {
  m_acknowledged_output = output_offset;
  send_json("{\"type\":\"ack\",\"output_offset\":" + std::to_string(output_offset) + "}");
}

void TestClient::pump(Milliseconds limit) {
  TestClient* const self = this;
  pump(std::span<TestClient* const>(&self, 1), limit);
}

void TestClient::pump(std::span<TestClient* const> clients, Milliseconds limit) {
  std::vector<pollfd> entries;
  for (TestClient* client : clients) {
    client->m_socket->exchange();
    client->take_frames();
    const short events = static_cast<short>(POLLIN | (client->m_socket->wants_to_write() ? POLLOUT : 0));
    entries.push_back({client->m_socket->descriptor(), events, 0});
  }
  if (::poll(entries.data(), entries.size(), static_cast<int>(limit.count())) <= 0) return;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (entries[i].revents == 0) continue;
    clients[i]->m_socket->exchange();
    clients[i]->take_frames();
  }
}

void TestClient::take_frames() {
  const std::uint64_t had = output_end();
  while (const std::optional<Frame> frame = m_socket->next()) {
    if (frame->is_text)
      take_text(frame->payload);
    else
      take_output(frame->payload);
  }
  if (m_acknowledges && m_socket->is_open() && output_end() > had && output_end() > m_acknowledged_output) {
    acknowledge(output_end());
  }
  m_socket->exchange();
}

void TestClient::take_output(const std::string& frame) {
  if (frame.size() < offset_bytes) throw std::runtime_error("a binary frame without an offset came");
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < offset_bytes; ++i) offset = offset << 8 | static_cast<unsigned char>(frame[i]);
  if (!m_welcomed) throw std::runtime_error("output came before a welcome");
  if (offset != output_end()) {
    throw std::runtime_error("output came at " + std::to_string(offset) + ", expected " + std::to_string(output_end()));
  }
  m_output.append(frame, offset_bytes);
}

void TestClient::take_text(const std::string& text) {
  const json::object message = json::parse(text).as_object();
  const std::string type = text_of(message, "type");
  if (type == "welcome") take_welcome(message);
  if (type == "input_ack") {
    const std::uint64_t end = number_of(message, "input_offset");
    if (end > input_end()) throw std::runtime_error("input was acknowledged that nobody typed");
    m_acknowledged_input = end;
    return;
  }
  if (type == "state" || type == "welcome") m_state = text_of(message.at("state").as_object(), "state");
  m_messages.push_back(message);
}

void TestClient::take_welcome(const json::object& welcome) {
  const std::uint64_t output_offset = number_of(welcome, "output_offset");
  const std::uint64_t input_offset = number_of(welcome, "input_offset");
  const std::string stream = text_of(welcome, "stream");
  if (stream != m_stream) {
    m_stream = stream;
    m_output.clear();
    m_input.clear();
    m_cursor = 0;
    m_output_begin = m_acknowledged_output = output_offset;
    m_input_begin = m_acknowledged_input = input_offset;
  }
  if (output_offset < output_end()) throw std::runtime_error("welcome goes behind the output that hello named");
  m_output.resize(output_offset - m_output_begin, '\0');
  if (input_offset > input_end()) m_input.resize(input_offset - m_input_begin, '\0');
  m_acknowledged_output = std::min(m_acknowledged_output, output_offset);
  m_acknowledged_input = input_offset;
  m_welcomed = true;
  send_input_from(input_offset);
}

bool TestClient::wait_until(const std::function<bool()>& condition, Milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    const Milliseconds left = left_until(deadline);
    if (left.count() == 0) return false;
    // Not every condition is about this socket.
    pump(std::min(left, Milliseconds(20)));
  }
  return true;
}

json::object TestClient::wait_for(const std::string& type, const std::function<bool(const json::object&)>& matches,
                                  Milliseconds limit) {
  auto found = m_messages.end();
  const auto fits = [&](const json::object& message) {
    return text_of(message, "type") == type && (!matches || matches(message));
  };
  const bool came = wait_until(
      [&] {
        found = std::find_if(m_messages.begin(), m_messages.end(), fits);
        return found != m_messages.end() || !m_socket->is_open();
      },
      limit);
  if (!came || found == m_messages.end()) {
    std::string others;
    for (const json::object& message : m_messages) others += "\n  " + json::serialize(message);
    throw std::runtime_error("no message \"" + type + "\" " +
                             (m_socket->is_open()
                                  ? "came in time"
                                  : "before the end, close code " + std::to_string(m_socket->close_code())) +
                             "; there were:" + others + "\nthe output ends with " + tail_of(m_output));
  }
  json::object message = *found;
  const auto end = std::remove_if(m_messages.begin(), found,
                                  [&](const json::object& other) { return text_of(other, "type") == type; });
  m_messages.erase(end, found + 1);
  return message;
}

json::object TestClient::wait_for_answer(const std::string& type, const std::string& id, Milliseconds limit) {
  return wait_for(
      type, [&](const json::object& message) { return text_of(message, "id") == id; }, limit);
}

bool TestClient::has_message(const std::string& type) const {
  return std::any_of(m_messages.begin(), m_messages.end(),
                     [&](const json::object& message) { return text_of(message, "type") == type; });
}

void TestClient::expect(const std::string& text, Milliseconds limit) {
  std::size_t from = m_cursor;
  std::size_t found = std::string::npos;
  const bool came = wait_until(
      [&] {
        found = m_output.find(text, from);
        from = std::max(m_cursor, m_output.size() - std::min(m_output.size(), text.size()));
        return found != std::string::npos || !m_socket->is_open();
      },
      limit);
  if (!came || found == std::string::npos) {
    throw std::runtime_error("the terminal does not show " + tail_of(text) + "; its output ends with " +
                             tail_of(m_output));
  }
  m_cursor = found + text.size();
}

void TestClient::run(const std::string& line, Milliseconds limit) {
  type(line + "\r");
  expect("\x1b]133;D", limit);
  expect_prompt(limit);
}

void TestClient::expect_all_acknowledged(Milliseconds limit) {
  if (wait_until([this] { return m_acknowledged_input == input_end(); }, limit)) return;
  throw std::runtime_error("input is acknowledged up to " + std::to_string(m_acknowledged_input) + " of " +
                           std::to_string(input_end()));
}

int TestClient::wait_closed(Milliseconds limit) {
  if (!wait_until([this] { return !m_socket->is_open(); }, limit))
    throw std::runtime_error("the connection stays open");
  m_welcomed = false;
  return m_socket->close_code();
}

}  // namespace tellina::testing
