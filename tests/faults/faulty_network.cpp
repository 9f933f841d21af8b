#include "faults/faulty_network.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tellina::faults {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t largest_packet = 65536;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("cannot create the network of the test: " + what + ": " + std::strerror(errno));
}

void set_address(ifreq& request, const std::string& address) {
  sockaddr_in value{};
  value.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &value.sin_addr);
  std::memcpy(&request.ifr_addr, &value, sizeof value);
}

/// Creates a device in this thread's namespace, with this address, that leads to `peer`.
Descriptor make_device(const std::string& address, const std::string& peer) {
  Descriptor device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (device.get() < 0) fail("/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(device.get(), TUNSETIFF, &request) != 0) fail("TUNSETIFF");
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  set_address(request, address);
  if (::ioctl(socket.get(), SIOCSIFADDR, &request) != 0) fail("SIOCSIFADDR");
  set_address(request, peer);
  if (::ioctl(socket.get(), SIOCSIFDSTADDR, &request) != 0) fail("SIOCSIFDSTADDR");
  request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_POINTOPOINT;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) fail("SIOCSIFFLAGS");
  return device;
}

}  // namespace

FaultyNetwork::FaultyNetwork(std::uint64_t seed) : m_stop(::eventfd(0, EFD_CLOEXEC)), m_random(seed, 2) {
  // In 198.18.0.0/15, which RFC 2544 reserves for tests. The process number distinguishes two runs.
  const auto part = static_cast<unsigned>(::getpid());
  const std::string net = "198.18." + std::to_string(part / 64 % 256) + ".";
  const unsigned host = part % 64 * 4;
  m_server_address = net + std::to_string(host + 1);
  const std::string client_address = net + std::to_string(host + 2);
  m_server_end = make_device(m_server_address, client_address);
  std::string failure;
  std::thread([&] {
    try {
      if (::unshare(CLONE_NEWNET) != 0) fail("unshare");
      m_client_end = make_device(client_address, m_server_address);
      m_namespace = Descriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
      if (m_namespace.get() < 0) fail("/proc/thread-self/ns/net");
    } catch (const std::exception& error) {
      failure = error.what();
    }
  }).join();
  if (!failure.empty()) throw std::runtime_error(failure);
  m_thread = std::thread([this] { carry(); });
}

FaultyNetwork::~FaultyNetwork() {
  ::eventfd_write(m_stop.get(), 1);
  m_thread.join();
}

void FaultyNetwork::enter() const {
  if (::setns(m_namespace.get(), CLONE_NEWNET) != 0) fail("setns");
}

void FaultyNetwork::carry() {
  struct Packet {
    int to;
    std::vector<char> bytes;
  };
  std::multimap<Clock::time_point, Packet> waiting;
  std::array<Clock::time_point, 2> last_arrival{};
  std::vector<char> buffer(largest_packet);
  const std::array<int, 2> ends{m_server_end.get(), m_client_end.get()};
  for (;;) {
    const auto now = Clock::now();
    while (!waiting.empty() && waiting.begin()->first <= now) {
      const Packet& packet = waiting.begin()->second;
      // If the device does not accept a packet, the packet is lost, as on any network.
      [[maybe_unused]] const ssize_t written = ::write(packet.to, packet.bytes.data(), packet.bytes.size());
      waiting.erase(waiting.begin());
    }
    int wait = -1;
    if (!waiting.empty()) {
      const auto left = std::chrono::ceil<Milliseconds>(waiting.begin()->first - now);
      wait = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }
    std::array<pollfd, 3> entries{{{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}, {m_stop.get(), POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), wait);
    if (entries[2].revents != 0) return;
    for (std::size_t from = 0; from < ends.size(); ++from) {
      for (;;) {
        const ssize_t size = ::read(ends[from], buffer.data(), buffer.size());
        if (size <= 0) break;
        if (m_is_unplugged || m_random.chance(m_lost_share)) continue;
        auto arrival = Clock::now() + m_random.between(Milliseconds(0), Milliseconds(m_most_delay));
        if (!m_reorders) arrival = std::max(arrival, last_arrival[from]);
        last_arrival[from] = arrival;
        waiting.emplace(arrival, Packet{ends[1 - from], {buffer.data(), buffer.data() + size}});
      }
    }
  }
}

}  // namespace tellina::faults
