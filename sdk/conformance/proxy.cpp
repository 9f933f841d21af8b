#include "proxy.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "tellina/descriptor.hpp"

namespace tellina::conformance {
namespace {

bool is_path(const std::string& server) { return server.starts_with('/'); }

std::string path_of(Probe& probe) { return "/tmp/check-" + probe.mark() + ".proxy"; }

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

Descriptor connect_to(const std::string& server) {
  if (is_path(server)) {
    Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = unix_address(server);
    if (connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Descriptor();
    return made;
  }
  const std::size_t colon = server.rfind(':');
  std::string host = server.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), server.substr(colon + 1).c_str(), &wanted, &found) != 0) return Descriptor();
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, &freeaddrinfo);
  for (const addrinfo* one = found; one; one = one->ai_next) {
    Descriptor made(socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (made.get() >= 0 && connect(made.get(), one->ai_addr, one->ai_addrlen) == 0) return made;
  }
  return Descriptor();
}

/// Octets on their way from one side of a connection to the other.
class Direction {
 public:
  Direction(int from_, int to_) : from(from_), to(to_) {}
  int from;
  int to;
  std::string waiting;
};

class Connection {
 public:
  Connection(Descriptor client_, Descriptor server_) : client(std::move(client_)), server(std::move(server_)) {
    for (const int socket : {client.get(), server.get()}) fcntl(socket, F_SETFL, O_NONBLOCK);
  }
  Descriptor client;
  Descriptor server;
  std::array<Direction, 2> directions{Direction(client.get(), server.get()), Direction(server.get(), client.get())};
};

enum class Mode { pass, drop, cut, stall, mute };

/// The loop of the proxy's process.
class Forwarder {
 public:
  Forwarder(std::string server, std::string path) : m_server(std::move(server)), m_path(std::move(path)) {
    listen_again();
    m_thread = std::thread([this] { run(); });
  }
  ~Forwarder() = delete;  // the process ends with it

  /// Where it listens.
  std::string address() const { return is_path(m_server) ? m_path : "127.0.0.1:" + std::to_string(m_port); }

  /// Returns when the mode is in force.
  void set(Mode mode) {
    std::unique_lock lock(m_mutex);
    m_mode = mode;
    m_is_set = false;
    eventfd_write(m_wake.get(), 1);
    m_changed.wait(lock, [&] { return m_is_set; });
  }

 private:
  void listen_again() {
    const int family = is_path(m_server) ? AF_UNIX : AF_INET;
    m_listener = Descriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    bool is_good = false;
    if (is_path(m_server)) {
      unlink(m_path.c_str());
      const sockaddr_un address = unix_address(m_path);
      is_good = bind(m_listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    } else {
      const int on = 1;
      setsockopt(m_listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(m_port);
      socklen_t size = sizeof address;
      auto* const plain = reinterpret_cast<sockaddr*>(&address);
      is_good = bind(m_listener.get(), plain, size) == 0 && getsockname(m_listener.get(), plain, &size) == 0;
      m_port = ntohs(address.sin_port);
    }
    if (!is_good || listen(m_listener.get(), 64) != 0)
      throw Failure("expected an address for the proxy, found none that is free");
  }

  /// Brings the mode into force; returns it.
  Mode apply_mode() {
    eventfd_t ignored = 0;
    eventfd_read(m_wake.get(), &ignored);
    const std::lock_guard lock(m_mutex);
    if (m_mode == Mode::drop || m_mode == Mode::cut) m_connections.clear();
    if (m_mode == Mode::cut) {
      m_listener = Descriptor();
    } else if (m_listener.get() < 0) {
      listen_again();
    }
    if (m_mode == Mode::drop) m_mode = Mode::pass;
    m_is_set = true;
    m_changed.notify_all();
    return m_mode;
  }

  void accept_one() {
    Descriptor client(accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.get() < 0) return;
    Descriptor server = connect_to(m_server);
    if (server.get() >= 0) m_connections.push_back(std::make_unique<Connection>(std::move(client), std::move(server)));
  }

  /// Returns false if a side has ended.
  static bool move_octets(Direction& direction) {
    if (direction.waiting.empty()) {
      char buffer[65536];
      const ssize_t count = recv(direction.from, buffer, sizeof buffer, 0);
      if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return false;
      if (count > 0) direction.waiting.assign(buffer, static_cast<std::size_t>(count));
    }
    if (direction.waiting.empty()) return true;
    const ssize_t count = send(direction.to, direction.waiting.data(), direction.waiting.size(), MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    direction.waiting.erase(0, static_cast<std::size_t>(count));
    return true;
  }

  void run() {
    for (;;) {
      const Mode mode = apply_mode();
      std::vector<pollfd> watched{{m_wake.get(), POLLIN, 0}};
      if (m_listener.get() >= 0) watched.push_back({m_listener.get(), POLLIN, 0});
      const auto passes = [&](std::size_t direction) {
        return mode == Mode::pass || (mode == Mode::mute && direction == 0);
      };
      for (const auto& connection : m_connections) {
        for (std::size_t i = 0; i < 2; ++i) {
          const Direction& one = connection->directions[i];
          if (!passes(i)) continue;
          watched.push_back(one.waiting.empty() ? pollfd{one.from, POLLIN, 0} : pollfd{one.to, POLLOUT, 0});
        }
      }
      poll(watched.data(), watched.size(), -1);
      if (m_listener.get() >= 0 && watched[1].revents != 0) accept_one();
      std::erase_if(m_connections, [&](const std::unique_ptr<Connection>& connection) {
        for (std::size_t i = 0; i < 2; ++i) {
          if (passes(i) && !move_octets(connection->directions[i])) return true;
        }
        return false;
      });
    }
  }

  const std::string m_server;
  const std::string m_path;
  std::uint16_t m_port = 0;
  Descriptor m_listener;
  const Descriptor m_wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::vector<std::unique_ptr<Connection>> m_connections;
  std::mutex m_mutex;
  std::condition_variable m_changed;
  Mode m_mode = Mode::pass;
  bool m_is_set = true;
  std::thread m_thread;
};

Mode mode_of(const std::string& word) {
  if (word == "drop") return Mode::drop;
  if (word == "cut") return Mode::cut;
  if (word == "stall") return Mode::stall;
  if (word == "mute") return Mode::mute;
  return Mode::pass;
}

void serve(Probe& probe, Wire& wire) {
  // The process ends by being killed, and its thread with it.
  auto* const forwarder = new Forwarder(probe.subject().server, path_of(probe));
  wire.send_line(forwarder->address());
  for (;;) {
    const std::string word = wire.receive_line(std::chrono::minutes(5));
    forwarder->set(mode_of(word));
    wire.send_line("done");
  }
}

const std::string& server_of(Probe& probe) {
  if (probe.subject().server.empty())
    throw Skip("the kit may not disturb the layer's server: name it with --cut HOST:PORT or --cut SOCKET");
  return probe.subject().server;
}

/// The section with another text instead of each occurrence of the server's address.
Config with_address(const Config& section, const std::string& server, const std::string& address) {
  Config::Node node;
  node.kind = section.kind();
  node.file = section.file();
  node.line = section.line();
  node.column = section.column();
  node.path = section.path();
  if (section.is_string()) {
    node.text = section.as_string();
    for (std::size_t at = node.text.find(server); at != std::string::npos; at = node.text.find(server, at)) {
      node.text.replace(at, server.size(), address);
      at += address.size();
    }
    return Config(std::make_shared<Config::Node>(std::move(node)));
  }
  if (section.is_object()) {
    for (const Config::Member& member : section.members())
      node.members.emplace_back(member.first, with_address(member.second, server, address));
    return Config(std::make_shared<Config::Node>(std::move(node)));
  }
  return section;
}

}  // namespace

bool names_server(const Config& section, const std::string& server) {
  if (section.is_string()) return section.as_string().find(server) != std::string::npos;
  if (!section.is_object()) return false;
  return std::any_of(section.members().begin(), section.members().end(),
                     [&](const Config::Member& member) { return names_server(member.second, server); });
}

Proxy::Proxy(Probe& probe)
    : m_probe((server_of(probe), probe)),
      m_peer([&probe](Wire& wire) { serve(probe, wire); }),
      m_address(m_peer.wire().receive_line()) {
  expect(!m_address.starts_with("failed"), "a proxy that listens", m_address);
}

Proxy::~Proxy() {
  m_peer.kill();
  if (is_path(m_address)) unlink(m_address.c_str());
}

std::unique_ptr<ChannelLayer> Proxy::make_layer() {
  return m_probe.make_with<ChannelLayer>(with_address(m_probe.subject().section, server_of(m_probe), m_address));
}

void Proxy::order(const std::string& word) {
  m_peer.wire().send_line(word);
  m_peer.expect_line("done");
}

}  // namespace tellina::conformance
