#include "host/runtime/addresses.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace tellina {
namespace {

/// Empty if the interface has no address of this family that other machines could use.
std::string address_of(const ifaddrs& interface, int family) {
  if (!interface.ifa_addr || interface.ifa_addr->sa_family != family) return {};
  if ((interface.ifa_flags & IFF_UP) == 0 || (interface.ifa_flags & IFF_LOOPBACK) != 0) return {};
  const void* binary = nullptr;
  if (family == AF_INET) {
    binary = &reinterpret_cast<const sockaddr_in*>(interface.ifa_addr)->sin_addr;
  } else {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(interface.ifa_addr)->sin6_addr;
    // A link-local address needs the name of the interface, which is different on other machines.
    if (IN6_IS_ADDR_LINKLOCAL(&address)) return {};
    binary = &address;
  }
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, binary, text, sizeof text) ? text : "";
}

}  // namespace

std::string reachable_address(const std::string& address) {
  if (address != "0.0.0.0" && address != "::") return address;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return "127.0.0.1";
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, freeifaddrs);
  for (const int family : {AF_INET, AF_INET6}) {
    if (family == AF_INET6 && address != "::") break;
    for (const ifaddrs* interface = first; interface; interface = interface->ifa_next) {
      const std::string found = address_of(*interface, family);
      if (!found.empty()) return found;
    }
  }
  return "127.0.0.1";
}

bool is_loopback_address(const std::string& address) {
  in_addr v4{};
  constexpr std::uint32_t loopback_network = 127;
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == loopback_network;
  return address == "localhost" || address == "::1";
}

std::vector<std::string> machine_names() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer.front() == '\0') return {};
  const std::string host = buffer.data();
  std::vector<std::string> names{host, host.substr(0, host.find('.')) + ".local"};
  addrinfo wanted{};
  wanted.ai_flags = AI_CANONNAME;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &list) != 0) return names;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  if (list->ai_canonname) names.emplace_back(list->ai_canonname);
  return names;
}

}  // namespace tellina
