#include "hostile/client_attacks.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "host/runtime/system.hpp"
#include "hostile/attacks.hpp"

namespace tellina::hostile {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::TestClient;

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

client::Endpoint endpoint_of(const ClientAttack& attack) { return client::Endpoint("127.0.0.1", attack.set_up.port()); }

/// A connection from another address of this machine, so that what the server refuses there concerns nobody else.
Descriptor connect_from_elsewhere(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
  const bool is_bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  address.sin_port = htons(port);
  if (!is_bound || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("no connection from 127.0.0.2");
  }
  return socket;
}

/// Repeats `action` until the attack is over; returns how often it succeeded. A connection that the server has ended is
/// a failure.
int repeat(const ClientAttack& attack, const std::function<void()>& action) {
  const auto deadline = Clock::now() + attack.lasts;
  int count = 0;
  while (Clock::now() < deadline) {
    try {
      action();
      ++count;
    } catch (const std::exception&) {
      std::this_thread::sleep_for(10ms);
    }
  }
  return count;
}

/// Sends frames as fast as the server takes them.
std::string flood(ClientAttack& attack, const std::function<void(int)>& send) {
  constexpr std::size_t most_unsent = 1024 * 1024;
  int sent = 0;
  const int rounds = repeat(attack, [&] {
    if (!attack.attacker.is_open()) attack.attacker.connect(5s);
    for (int i = 0; i < 100 && attack.attacker.unsent() < most_unsent; ++i) send(sent++);
    attack.attacker.pump(1ms);
  });
  return std::to_string(sent) + " frames in " + std::to_string(rounds) + " rounds";
}

std::string number(int value, const char* what) { return std::to_string(value) + " " + what; }

}  // namespace

std::string visit_again_and_again(ClientAttack& attack) {
  TestClient visitor = TestClient::of(attack.set_up.port(), "accomplice");
  return number(repeat(attack,
                       [&] {
                         visitor.open();
                         visitor.send_hello();
                         visitor.pump(5ms);
                         visitor.cut();
                       }),
                "visits");
}

std::string fight_over_terminal(ClientAttack& attack) {
  TestClient one = TestClient::of(attack.set_up.port(), "accomplice");
  TestClient other(attack.set_up.port(), one.cookie());
  return number(repeat(attack,
                       [&] {
                         one.connect(2s);
                         other.connect(2s);
                       }),
                "exchanges");
}

std::string type_at_full_speed(ClientAttack& attack) {
  attack.attacker.type("stty raw -echo; cat >/dev/null\r");
  const std::string block(4096, 'x');
  const std::uint64_t before = attack.attacker.acknowledged_input();
  flood(attack, [&](int) {
    if (attack.attacker.unsent() < block.size()) attack.attacker.type(block);
  });
  return number(static_cast<int>((attack.attacker.acknowledged_input() - before) / 1024), "KiB acknowledged");
}

std::string resize_at_full_speed(ClientAttack& attack) {
  return flood(attack, [&](int i) {
    attack.attacker.send_json(R"({"type":"resize","columns":80,"rows":)" + std::to_string(24 + i % 2) + "}");
  });
}

std::string greet_at_full_speed(ClientAttack& attack) {
  return flood(attack, [&](int) { attack.attacker.send_hello(); });
}

std::string ping_at_full_speed(ClientAttack& attack) {
  return flood(attack, [&](int i) { attack.attacker.send_json(R"({"type":"ping","t":)" + std::to_string(i) + "}"); });
}

std::string reset_at_full_speed(ClientAttack& attack) {
  return flood(
      attack, [&](int i) { attack.attacker.send_json(R"({"type":"reset","id":)" + std::to_string(100000 + i) + "}"); });
}

std::string log_in_at_full_speed(ClientAttack& attack) {
  return number(repeat(attack, [&] { testing::log_in(attack.set_up.port(), "accomplice"); }), "logins");
}

std::string guess_codes(ClientAttack& attack) {
  constexpr int guesses = 400;
  const std::string body = R"({"access_code": "not-this-one"})";
  const std::string request = "POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(attack.set_up.port()) +
                              "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                              "\r\n\r\n" + body;
  std::vector<Descriptor> sockets;
  for (int i = 0; i < guesses; ++i) sockets.push_back(connect_from_elsewhere(attack.set_up.port()));
  for (const Descriptor& socket : sockets) client::send_all(socket.get(), request);
  int tried = 0;
  for (const Descriptor& socket : sockets) {
    std::string received;
    const client::WaitLimit limit(system_clock(), 5s);
    try {
      while (received.find("\r\n") == std::string::npos && client::receive_more(socket.get(), received, limit))
        continue;
    } catch (const std::exception&) {
      continue;
    }
    if (received.find(" 401 ") != std::string::npos) ++tried;
  }
  // docs/protocol.md: ten within a minute.
  if (tried > 10) throw std::runtime_error(std::to_string(tried) + " of 400 guesses were tried");
  return std::to_string(tried) + " of 400 guesses were tried";
}

std::string observe_at_full_speed(ClientAttack& attack) {
  return flood(attack, [&](int i) {
    attack.attacker.send_json(R"({"type":"observation","kind":"focus","at":)" + std::to_string(1790000000000 + i) +
                              R"(,"focused":true})");
  });
}

std::string send_nonsense(ClientAttack& attack) {
  static const std::vector<std::string> frames = {
      "",
      "{",
      "[]",
      R"({"type":"x"})",
      R"({"type":"ack","output_offset":18446744073709551615})",
      R"({"type":"resize"})",
      R"({"type":"start_task","id":1,"task":-1})",
  };
  return flood(attack, [&](int i) {
    if (i % 2 == 0)
      attack.attacker.send_json(frames[static_cast<std::size_t>(i / 2) % frames.size()]);
    else
      attack.attacker.send_binary(static_cast<std::uint64_t>(i) << 32U, "x");
  });
}

std::string leave_requests_unfinished(ClientAttack& attack) {
  std::vector<Descriptor> sockets;
  repeat(attack, [&] {
    sockets.push_back(client::connect_to(endpoint_of(attack)));
    client::send_all(sockets.back().get(), "GET / HTTP/1.1\r\nHost: x\r\nA: ");
  });
  return number(static_cast<int>(sockets.size()), "connections with half a request");
}

std::string open_many_web_sockets(ClientAttack& attack) {
  constexpr std::size_t most = 5000;
  std::vector<std::unique_ptr<client::WebSocket>> sockets;
  const std::string cookie = testing::log_in(attack.set_up.port(), "accomplice");
  const std::string headers = "Sec-WebSocket-Protocol: tellina.v1\r\nCookie: " + cookie + "\r\n";
  repeat(attack, [&] {
    if (sockets.size() >= most) return;
    const client::WaitLimit limit(system_clock(), 1s);
    sockets.push_back(std::make_unique<client::WebSocket>(endpoint_of(attack), "/api/v1/terminal", headers, limit));
  });
  return number(static_cast<int>(sockets.size()), "WebSockets opened");
}

std::string never_read(ClientAttack& attack) {
  attack.attacker.acknowledge_by_itself(false);
  attack.attacker.type("yes\r");
  std::this_thread::sleep_for(attack.lasts);
  attack.attacker.acknowledge_by_itself(true);
  attack.attacker.pump(100ms);
  attack.attacker.acknowledge(attack.attacker.output_end());
  return "256 KiB came";
}

}  // namespace tellina::hostile
