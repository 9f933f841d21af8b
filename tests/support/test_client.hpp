#pragma once

/// A participant's client as docs/protocol.md describes it, driven by the test: it does something only inside pump(),
/// so one thread can drive many.

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

/// Tests that wait give up after this long.
inline constexpr std::chrono::seconds default_limit{15};

/// One request on a connection of its own to 127.0.0.1; throws std::runtime_error where that fails.
/// `head`: request line and header lines, each with its CR LF.
HttpAnswer http_request(std::uint16_t port, const std::string& head, const std::string& body = {},
                        Milliseconds limit = std::chrono::seconds(10));

/// Cookie ("tellina_session=...") of a login that must succeed.
std::string log_in(std::uint16_t port, const std::string& access_code);

/// Keeps all input, output and messages for the test, and sends input beyond the window: the server is to bear that.
class TestClient {
 public:
  TestClient(std::uint16_t port, std::string cookie);
  /// Logs in.
  static TestClient of(std::uint16_t port, const std::string& access_code) {
    return TestClient(port, log_in(port, access_code));
  }

  /// Connects, says hello with what it has, and waits for the welcome. Throws where none comes.
  boost::json::object connect(Milliseconds limit = default_limit);
  /// Comes back as a page does, again and again. Throws what the last try threw where all fail until `limit`.
  void come_back(Milliseconds limit);
  /// Connects only.
  void open();
  /// Ends the connection without a close frame. What has come and was not taken is forgotten.
  void cut();
  bool is_open() const { return m_transcript->client.is_open(); }
  /// Bytes that the socket has not taken yet.
  std::size_t unsent() const;
  void use_port(std::uint16_t port) { m_port = port; }
  const std::string& cookie() const { return m_cookie; }

  void send_hello() { m_transcript->client.send_hello(); }
  void send_json(const std::string& text) { m_transcript->client.send_text(text); }
  void send_binary(std::uint64_t offset, std::string_view bytes) { m_transcript->client.send_binary(offset, bytes); }
  /// Adds to the input stream: one frame, sent at once if there has been a welcome, else after the next one.
  void type(std::string_view bytes);
  /// Starts the task and waits for its welcome.
  boost::json::object start_task(int task, const std::string& id = "", Milliseconds limit = default_limit);
  /// Acknowledges output as it comes (the default) or only by hand.
  void acknowledge_by_itself(bool yes);
  void acknowledge(std::uint64_t output_offset) { m_transcript->client.acknowledge(output_offset); }

  /// Waits at most `limit` for something to come, and takes it. Throws std::runtime_error where output does not
  /// follow what came before.
  void pump(Milliseconds limit);
  static void pump(std::span<TestClient* const> clients, Milliseconds limit);
  bool wait_until(const std::function<bool()>& condition, Milliseconds limit = default_limit);
  /// The oldest message of this type that matches and was not given out before; earlier ones of the type are dropped.
  /// Throws std::runtime_error where none comes in time.
  boost::json::object wait_for(const std::string& type,
                               const std::function<bool(const boost::json::object&)>& matches = {},
                               Milliseconds limit = default_limit);
  boost::json::object wait_for_answer(const std::string& type, const std::string& id,
                                      Milliseconds limit = default_limit);
  bool has_message(const std::string& type) const;
  /// Waits until output holds the text, behind what was waited for before. Throws where it does not come.
  void expect(const std::string& text, Milliseconds limit = default_limit);
  /// Whether the text stands in what was not yet waited for.
  bool has_printed(const std::string& text) const {
    return output().find(text, m_transcript->cursor) != std::string::npos;
  }
  void expect_prompt(Milliseconds limit = default_limit) { expect("\x1b]133;B", limit); }
  /// Types a line and waits for the prompt that follows its end.
  void run(const std::string& line, Milliseconds limit = default_limit);
  void expect_all_acknowledged(Milliseconds limit = default_limit);
  /// Waits for the end of the connection; its close code, 0 where there was none.
  int wait_closed(Milliseconds limit = default_limit);

  const std::string& stream() const { return m_transcript->stream; }
  /// Output and input from `output_begin()`, `input_begin()`; jumps are filled with bytes of 0.
  const std::string& output() const { return m_transcript->output; }
  const std::string& input() const { return m_transcript->input; }
  std::uint64_t output_begin() const { return m_transcript->output_begin; }
  std::uint64_t input_begin() const { return m_transcript->input_begin; }
  std::uint64_t output_end() const { return output_begin() + output().size(); }
  std::uint64_t input_end() const { return input_begin() + input().size(); }
  std::uint64_t acknowledged_input() const { return m_transcript->client.acknowledged_input(); }
  std::string state() const { return m_transcript->state; }

 private:
  /// Stays at its place while the client moves.
  class Transcript final : public client::TerminalClient::Listener {
   public:
    void on_output(std::string_view bytes) override { output.append(bytes); }
    void on_frame(const ServerFrame& frame, std::string_view json) override;

    client::TerminalClient client{*this};
    std::string state;
    std::string stream;
    std::string output;
    std::uint64_t output_begin = 0;
    std::size_t cursor = 0;  ///< in the output: the end of what was waited for
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

/// A member of a message as text: strings as they are, everything else as JSON.
std::string text_of(const boost::json::object& message, const std::string& name);
/// A member that is a whole number.
std::uint64_t number_of(const boost::json::object& message, const std::string& name);

}  // namespace tellina::testing
