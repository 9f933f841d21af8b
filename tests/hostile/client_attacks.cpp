#include "hostile/client_attacks.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

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

/// Connects from another address of this machine, so that limits of that address affect nobody else. `number` selects
/// the address, from 1.
Descriptor connect_from_elsewhere(std::uint16_t port, std::uint32_t number) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number);
  const bool is_bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (!is_bound || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("no connection from another address");
  }
  return socket;
}

/// Everything that the server sends until it closes the connection, or within `limit`.
std::string receive_all(int socket, std::chrono::milliseconds limit) {
  std::string received;
  try {
    const client::WaitLimit wait(system_clock(), limit);
    while (client::receive_more(socket, received, wait)) continue;
  } catch (const std::exception&) {
    // The answer is what arrived until then.
  }
  return received;
}

/// The beginning of an answer; empty if none arrives within a second.
std::string receive_head(int socket) {
  std::string received;
  try {
    const client::WaitLimit wait(system_clock(), 1s);
    while (received.find("\r\n") == std::string::npos && client::receive_more(socket, received, wait)) continue;
  } catch (const std::exception&) {
    return {};
  }
  return received;
}

int status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::atoi(response.c_str() + 9) : 0;
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

std::string run_commands_at_full_speed(ClientAttack& attack) {
  attack.attacker.run("for i in {1..3900}; do : > f$i; done; for i in {1..60}; do truncate -s 1M f$i; done", 20s);
  const std::size_t from = attack.attacker.output().size();
  flood(attack, [&](int) {
    // A few commands are always waiting. More would only delay the attacker's own reset.
    constexpr std::uint64_t most_waiting = 64;
    if (attack.attacker.input_end() - attack.attacker.acknowledged_input() < most_waiting) attack.attacker.type(":\r");
  });
  const std::string& output = attack.attacker.output();
  int commands = 0;
  for (std::size_t at = from; (at = output.find("\x1b]133;D", at)) != std::string::npos; ++at) ++commands;
  if (commands == 0) throw std::runtime_error("the attack did not run: no command ended");
  return number(commands, "commands");
}

std::string print_everything(ClientAttack& attack) {
  TestClient cheat = TestClient::of(attack.set_up.port(), "cheat");
  cheat.connect();
  cheat.start_task(1);
  cheat.expect_prompt();
  cheat.send_json(R"({"type":"give_up","id":1})");
  cheat.wait_for("done");
  cheat.start_task(2, "2");
  cheat.expect_prompt();
  for (const char* line : {"seq 1 100000", "seq 31337", "seq 100000 | tr '\\n' ' '", "seq 31000 32000"})
    cheat.run(line);
  const testing::StudyDatabase database = attack.set_up.database();
  const std::string state = database.value(
      "SELECT s.state FROM task_sessions s JOIN participants p ON p.id = s.participant_id "
      "WHERE p.access_code = 'cheat' AND s.task_number = 2");
  if (state != "running") throw std::runtime_error("the task is \"" + state + "\" after all numbers were printed");
  cheat.send_json(R"({"type":"give_up","id":3})");
  cheat.wait_for("done");
  return {};
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

namespace {

/// Sends `guesses` guesses at the same time, from that many addresses, the first of which is 127.0.0.`first`. Returns
/// how many of them the server tried within the attack's time.
int count_tried_guesses(ClientAttack& attack, int guesses, std::uint32_t first, std::uint32_t addresses) {
  const std::string body = R"({"access_code": "not-this-one"})";
  const std::string request = "POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(attack.set_up.port()) +
                              "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                              "\r\nConnection: close\r\n\r\n" + body;
  const auto deadline = Clock::now() + attack.lasts;
  std::vector<Descriptor> sockets;
  for (int i = 0; i < guesses; ++i) {
    const auto address = first - 1 + static_cast<std::uint32_t>(i) % addresses;
    sockets.push_back(connect_from_elsewhere(attack.set_up.port(), address));
  }
  for (const Descriptor& socket : sockets) client::send_all(socket.get(), request);
  int tried = 0;
  for (const Descriptor& socket : sockets) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (status_of(receive_all(socket.get(), std::max(left, 1ms))) == 401) ++tried;
  }
  return tried;
}

std::string expect_few_guesses(int tried, int guesses, int most) {
  const std::string found = std::to_string(tried) + " of " + std::to_string(guesses) + " guesses were tried";
  if (tried > most) throw std::runtime_error(found);
  return found;
}

}  // namespace

std::string guess_codes(ClientAttack& attack) {
  constexpr int guesses = 400;
  // docs/config.md: the limit of one address.
  constexpr int most = 10;
  return expect_few_guesses(count_tried_guesses(attack, guesses, 2, 1), guesses, most);
}

std::string guess_codes_from_everywhere(ClientAttack& attack) {
  constexpr int guesses = 1500;
  // docs/config.md: the limits of all addresses together, at once and per second.
  constexpr int at_once = 600;
  constexpr int each_second = 10;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(attack.lasts).count();
  const int most = at_once + each_second * (static_cast<int>(seconds) + 1);
  return expect_few_guesses(count_tried_guesses(attack, guesses, 3, 200), guesses, most);
}

std::string send_requests_with_two_ends(ClientAttack& attack) {
  const std::string first = "POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(attack.set_up.port()) +
                            "\r\nContent-Type: application/json\r\n";
  const std::string hidden = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  const std::string length = std::to_string(hidden.size());
  const std::string requests[] = {
      first + "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n" + hidden,
      first + "Transfer-Encoding: chunked\r\nContent-Length: " + length + "\r\n\r\n0\r\n\r\n" + hidden,
      first + "Content-Length: 0\r\nContent-Length: " + length + "\r\n\r\n" + hidden,
      first + "Content-Length: 0, " + length + "\r\n\r\n" + hidden,
      first + "Content-Length: +0\r\n\r\n" + hidden,
      first + "Content-Length : 0\r\n\r\n" + hidden,
      first + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden,
      first + "X: a\r\n Content-Length: 0\r\n\r\n" + hidden,
      first + "Content-Length: 0\n\n" + hidden,
      first + "Transfer-Encoding: chunked\r\n\r\n0;a\n\r\n\r\n" + hidden,
  };
  for (const std::string& request : requests) {
    const Descriptor socket = connect_from_elsewhere(attack.set_up.port(), 1);
    client::send_all(socket.get(), request);
    const std::string answer = receive_all(socket.get(), 500ms);
    const int status = status_of(answer);
    if (status < 400) throw std::runtime_error("a request with two ends got the status " + std::to_string(status));
    if (answer.find("HTTP/1.1 200") != std::string::npos) throw std::runtime_error("a hidden request was answered");
  }
  return number(static_cast<int>(std::size(requests)), "requests refused");
}

std::string come_from_elsewhere(ClientAttack& attack) {
  const std::string port = std::to_string(attack.set_up.port());
  const std::string upgrade =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: tellina.v1\r\nCookie: " +
      attack.attacker.cookie() + "\r\n";
  const std::string ours = "Host: 127.0.0.1:" + port + "\r\n";
  const std::string requests[] = {
      "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      "GET /api/v1/study HTTP/1.1\r\nHost: evil.example:" + port + "\r\nCookie: " + attack.attacker.cookie() +
          "\r\n\r\n",
      "GET /api/v1/terminal HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n" + upgrade + "\r\n",
      "GET /api/v1/terminal HTTP/1.1\r\n" + ours + "Origin: http://evil.example\r\n" + upgrade + "\r\n",
      "GET /api/v1/terminal HTTP/1.1\r\n" + ours + "Origin: null\r\n" + upgrade + "\r\n",
      "GET /api/v1/terminal HTTP/1.1\r\n" + ours + "Origin: http://127.0.0.1.evil.example:" + port + "\r\n" + upgrade +
          "\r\n",
      "GET /metrics HTTP/1.1\r\n" + ours + "X-Forwarded-For: 127.0.0.1\r\n\r\n",
      "GET /static/../../../../etc/passwd HTTP/1.1\r\n" + ours + "\r\n",
      "GET /%2e%2e/%2e%2e/config.json HTTP/1.1\r\n" + ours + "\r\n",
      "TRACE / HTTP/1.1\r\n" + ours + "\r\n",
  };
  for (const std::string& request : requests) {
    const Descriptor socket = connect_from_elsewhere(attack.set_up.port(), 1);
    client::send_all(socket.get(), request);
    const int status = status_of(receive_head(socket.get()));
    if (status >= 400) continue;
    throw std::runtime_error("the status " + std::to_string(status) + " for " +
                             request.substr(0, request.find("\r\n", request.find("\r\n") + 2)));
  }
  return number(static_cast<int>(std::size(requests)), "requests refused");
}

std::string try_cookies(ClientAttack& attack) {
  const std::string ours = attack.attacker.cookie();
  const std::string name = ours.substr(0, ours.find('=') + 1);
  const std::string value = ours.substr(name.size());
  std::string other_case = value;
  for (char& c : other_case) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  const std::string cookies[] = {
      "",
      name,
      name + value.substr(0, value.size() - 1),
      name + value + "0",
      name + std::string(value.size(), '0'),
      name + "' OR 1=1 --",
      "x" + ours,
      name + std::string(4000, 'a'),
      name + (other_case == value ? "-" : other_case),
  };
  for (const std::string& cookie : cookies) {
    const Descriptor socket = connect_from_elsewhere(attack.set_up.port(), 1);
    client::send_all(socket.get(), "GET /api/v1/study HTTP/1.1\r\nHost: 127.0.0.1:" +
                                       std::to_string(attack.set_up.port()) + "\r\nCookie: " + cookie + "\r\n\r\n");
    const int status = status_of(receive_head(socket.get()));
    if (status < 400) throw std::runtime_error("the status " + std::to_string(status) + " for the cookie " + cookie);
  }
  return number(static_cast<int>(std::size(cookies)), "cookies refused");
}

std::string look_as_another_user(ClientAttack& attack) {
  static const char* file;
  constexpr uid_t nobody = 65534;
  static std::vector<std::string> files;
  files.clear();
  for (const char* end : {"", "-wal", "-shm"}) files.push_back(attack.set_up.database_file().string() + end);
  if (attack.set_up.layer() == "ipc") {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(attack.set_up.folder() / "meet")) {
      files.push_back(entry.path());
    }
  }
  int refused = 0;
  for (const std::string& each : files) {
    if (!std::filesystem::exists(each)) continue;
    file = each.c_str();
    const bool can_read = as_user(nobody, [] { return ::access(file, R_OK) == 0 || ::access(file, W_OK) == 0; });
    if (can_read) throw std::runtime_error("another user can open " + each);
    ++refused;
  }
  if (refused == 0) throw std::runtime_error("there is no record");
  return number(refused, "files refused");
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
  // No address alone reaches its own limit.
  constexpr std::uint32_t addresses = 100;
  constexpr std::size_t most = 8'000;  // this program also needs descriptors
  std::vector<Descriptor> sockets;
  repeat(attack, [&] {
    if (sockets.size() == most) return std::this_thread::sleep_for(10ms);
    sockets.push_back(connect_from_elsewhere(attack.set_up.port(), 10 + sockets.size() % addresses));
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
