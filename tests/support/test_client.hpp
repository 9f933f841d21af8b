#pragma once

/// A participant's client according to docs/protocol.md, driven by the test: it acts only inside pump(), so one thread
/// can drive many.

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <boost/json.hpp>

#include "host/client/terminal_client.hpp"

namespace tellina::testing {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;
using HttpAnswer = client::HttpResponse;

/// Waiting tests fail after this time.
inline constexpr std::chrono::seconds default_limit{15};

/// Sends one request to 127.0.0.1 on a new connection; throws std::runtime_error if that fails. `head`: request line
/// and header lines, each with its CR LF.
HttpAnswer http_request(std::uint16_t port, const std::string& head, const std::string& body = {},
                        Milliseconds limit = std::chrono::seconds(10));

/// Logs in and returns the cookie ("tellina_session=..."). Throws if the login fails.
std::string log_in(std::uint16_t port, const std::string& access_code);

/// Keeps all input, output and messages for the test. It sends input beyond the window, which the server must tolerate.
class TestClient {
 public:
  TestClient(std::uint16_t port, std::string cookie);
  /// Logs in.
  static TestClient of(std::uint16_t port, const std::string& access_code) {
    return TestClient(port, log_in(port, access_code));
  }

  /// Connects, says hello with its offsets, and waits for the welcome. Throws if none comes.
  boost::json::object connect(Milliseconds limit = default_limit);
  /// Reconnects like a page, repeatedly. If all attempts fail until `limit`, throws the error of the last one.
  void reconnect(Milliseconds limit);
  /// Connects only.
  void open();
  /// Drops the connection without a close frame. Unread data is lost.
  void cut();
  bool is_open() const { return m_transcript->client.is_open(); }
  /// Bytes that the socket has not accepted yet.
  std::size_t unsent() const;
  void use_port(std::uint16_t port) { m_port = port; }
  const std::string& cookie() const { return m_cookie; }

  void send_hello() { m_transcript->client.send_hello(); }
  void send_json(const std::string& text) { m_transcript->client.send_text(text); }
  void send_binary(std::uint64_t offset, std::string_view bytes) { m_transcript->client.send_binary(offset, bytes); }
  /// Adds to the input stream as one frame. Sends it at once if there has been a welcome, otherwise after the next one.
  void type(std::string_view bytes);
  /// Starts the task and waits for its welcome.
  boost::json::object start_task(int task, const std::string& id = "", Milliseconds limit = default_limit);
  /// Acknowledges output automatically (the default), or only explicitly.
  void acknowledge_by_itself(bool yes);
  void acknowledge(std::uint64_t output_offset) { m_transcript->client.acknowledge(output_offset); }

  /// Waits up to `limit` for data and reads it. Throws std::runtime_error if output does not follow the previous
  /// output.
  void pump(Milliseconds limit);
  static void pump(std::span<TestClient* const> clients, Milliseconds limit);
  bool wait_until(const std::function<bool()>& condition, Milliseconds limit = default_limit);
  /// The oldest message of this type that matches and was not returned before; drops earlier ones of the type. Throws
  /// std::runtime_error if none comes in time.
  boost::json::object wait_for(const std::string& type,
                               const std::function<bool(const boost::json::object&)>& matches = {},
                               Milliseconds limit = default_limit);
  boost::json::object wait_for_answer(const std::string& type, const std::string& id,
                                      Milliseconds limit = default_limit);
  bool has_message(const std::string& type) const;
  /// Waits until the output after the last awaited text contains `text`. Throws if it does not.
  void expect(const std::string& text, Milliseconds limit = default_limit);
  /// Whether `text` is in the output that was not yet awaited.
  bool has_printed(const std::string& text) const {
    return output().find(text, m_transcript->cursor) != std::string::npos;
  }
  void expect_prompt(Milliseconds limit = default_limit) { expect("\x1b]133;B", limit); }
  /// Types a line and waits for the next prompt.
  void run(const std::string& line, Milliseconds limit = default_limit);
  void expect_all_acknowledged(Milliseconds limit = default_limit);
  /// Waits for the end of the connection. Returns its close code; 0 if there was none.
  int wait_closed(Milliseconds limit = default_limit);

  const std::string& stream() const { return m_transcript->stream; }
  /// Output from `output_begin()` and input from `input_begin()`; gaps are filled with 0 bytes.
  const std::string& output() const { return m_transcript->output; }
  const std::string& input() const { return m_transcript->input; }
  std::uint64_t output_begin() const { return m_transcript->output_begin; }
  std::uint64_t input_begin() const { return m_transcript->input_begin; }
  std::uint64_t output_end() const { return output_begin() + output().size(); }
  std::uint64_t input_end() const { return input_begin() + input().size(); }
  std::uint64_t acknowledged_input() const { return m_transcript->client.acknowledged_input(); }
  std::string state() const { return m_transcript->state; }
  /// The last state object.
  const boost::json::object& state_object() const { return m_transcript->state_object; }

 private:
  /// Has a stable address while the client moves.
  class Transcript final : public client::TerminalClient::Listener {
   public:
    void on_output(std::string_view bytes) override { output.append(bytes); }
    void on_frame(const ServerFrame& frame, std::string_view json) override;

    client::TerminalClient client{*this};
    std::string state;
    boost::json::object state_object;
    std::string stream;
    std::string output;
    std::uint64_t output_begin = 0;
    std::size_t cursor = 0;  ///< in the output: the end of the last awaited text
    std::string input;
    std::uint64_t input_begin = 0;
    std::deque<boost::json::object> messages;

   private:
    void follow(const WelcomeFrame& welcome);
  };

  std::uint16_t m_port;
  std::string m_cookie;
  std::unique_ptr<Transcript> m_transcript = std::make_unique<Transcript>();
  int m_next_id = 1;
};

/// A member of a message as text: strings unchanged, everything else as JSON.
std::string text_of(const boost::json::object& message, const std::string& name);
/// A member that is a whole number.
std::uint64_t number_of(const boost::json::object& message, const std::string& name);

}  // namespace tellina::testing
