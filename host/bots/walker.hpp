#pragma once

/// Carries out what a bot decides, over the public protocol.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/bots/bot.hpp"
#include "host/client/terminal_client.hpp"
#include "host/runtime/blocking_pool.hpp"
#include "host/runtime/loop.hpp"
#include "tellina/clock.hpp"

namespace tellina::bots {

/// One bot's connections and waits. Logins and connections are made on the pool, which must be joined before the
/// object is destroyed.
///
/// Threads: the loop's.
class Walker final : private client::TerminalClient::Listener {
 public:
  /// `ended` is called once, when the bot's walk is over. The references must outlive the object.
  Walker(Loop& loop, BlockingPool& pool, const client::Endpoint& endpoint, std::string access_code, Bot bot,
         std::function<void()> ended);
  Walker(const Walker&) = delete;
  Walker& operator=(const Walker&) = delete;
  ~Walker() = default;

  void start();
  /// Ends the walk with a fault, as the user has interrupted the run.
  void interrupt();
  bool has_ended() const { return m_bot.has_ended(); }
  const BotResult& result() const { return m_bot.result(); }

 private:
  /// What waits for the descriptor. The watch has a descriptor of its own, because the client closes its socket.
  struct Watched {
    Descriptor descriptor;
    std::unique_ptr<Loop::Watch> watch;
    bool awaits_room = false;  ///< to send more
  };

  void on_output(std::string_view bytes) override;
  void on_frame(const ServerFrame& frame, std::string_view json) override;

  void handle(Bot::Event event);
  void carry_out(const Bot::Actions& actions);
  void do_action(const Bot::Say& say);
  void do_action(const Bot::StartTask& start);
  void do_action(const Bot::Type& keys);
  void do_action(const Bot::Pause& wait);
  void do_action(const Bot::Expect& wait);
  void do_action(const Bot::Reconnect& again);
  void do_action(const Bot::Leave& leave);
  void connect();
  void connected(const std::string& failure);
  void drop_connection();
  void await_bytes();
  void await_room();
  void read();
  void lost();

  Loop& m_loop;
  BlockingPool& m_pool;
  const client::Endpoint& m_endpoint;
  const std::string m_access_code;
  Bot m_bot;
  std::function<void()> m_ended;
  std::string m_cookie;
  client::TerminalClient m_client{*this};
  std::optional<Watched> m_watched;
  std::unique_ptr<Loop::Timer> m_wait;
  std::unique_ptr<Loop::Timer> m_pause_before_connection;
  std::optional<Bot::Expect> m_expected;  ///< if output begins the wait again
  MonotonicTime m_expected_until{};       ///< however much is printed
  bool m_is_connecting = false;           ///< on the pool, which then has the client
  std::string m_tail;                     ///< of the output: a part of a prompt's mark
  std::vector<Bot::Event> m_arrived;      ///< while the client reads
};

}  // namespace tellina::bots
